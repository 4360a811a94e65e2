// What the node has done lately, put together for those who watch it: at most once a second, however many they are.
import type { Activity, EndedChallenge } from "../../core/activity.ts";
import type { Clock } from "../../core/clock.ts";
import type { GpuStats } from "../../core/gpu.ts";
import type { LedgerRow } from "../../core/ledger.ts";
import type { Log } from "../../core/log.ts";
import type { NodeStatus } from "../../core/status.ts";
import { clean } from "../../lib/clean.ts";
import type { Registry } from "../../observe/metrics/node.ts";
import type { EarningSum } from "../../store/earnings.ts";
import type { BackgroundWork } from "../background.ts";
import type { WorkerGroup } from "../workers/worker-group.ts";
import { ChallengeLog } from "./challenge-log.ts";
import { metricsToCount } from "./counts.ts";
import { earningsLines, firstDay } from "./earnings-lines.ts";
import { History, SAMPLE_MS } from "./history.ts";
import type { Lately } from "./lately.ts";
import { Remembered } from "./remembered.ts";

export interface ActivityPorts {
  /** Its newest rows; undefined: they are in a store that several nodes share. */
  readonly ledger: ((count: number) => readonly LedgerRow[]) | undefined;
  /** Sums by network and day, from that time on. */
  readonly earnings: (since: number) => readonly EarningSum[];
  readonly status: () => NodeStatus;
  readonly gpus: () => readonly GpuStats[];
  /** Of this process; the others' come from the workers. */
  readonly register: Pick<Registry, "getSingleMetric">;
  readonly workers: Pick<WorkerGroup, "metrics"> | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ActivityBook {
  /** Is told how each challenge has ended. */
  readonly onChallenge: (ended: EndedChallenge) => void;
  readonly lately: Lately;
  /** Takes samples until the signal aborts. */
  readonly work: BackgroundWork;
  /** JSON text. Throws StoreError. */
  readonly answer: () => string;
}

const ANSWER_MS = 1000;
/** Sums of thirty days change slowly, and are read row by row. */
const EARNINGS_MS = 10_000;
const LEDGER_ROWS = 50;

export function openActivity(ports: ActivityPorts): ActivityBook {
  const { ledger, status, gpus, register, workers, clock, log } = ports;
  const challenges = new ChallengeLog(clock);
  const history = new History({
    async metrics() {
      const others = (await workers?.metrics.byPid()) ?? [];
      return [{ pid: process.pid, metrics: await metricsToCount(register) }, ...others];
    },
    gpus,
    clock,
    log,
  });
  const earnings = new Remembered(EARNINGS_MS, clock, () => {
    const now = clock.now();
    return earningsLines(ports.earnings(firstDay(now)), now);
  });
  const answer = new Remembered(ANSWER_MS, clock, () => {
    const activity: Activity = {
      schema: 1,
      now: clock.now(),
      status: status(),
      samples: history.samples(),
      everyMs: SAMPLE_MS,
      gpus: gpus(),
      challenges: challenges.records(),
      ledger: ledger?.(LEDGER_ROWS).map(shown) ?? [],
      ledgerShared: ledger === undefined,
      earnings: earnings.value(),
    };
    return JSON.stringify(activity);
  });
  return {
    onChallenge: (record) => challenges.add(record),
    lately: history.lately,
    work: { name: "history", run: (signal) => history.run(signal) },
    answer: () => answer.value(),
  };
}

/** What callers and networks have worded. */
function shown(row: LedgerRow): LedgerRow {
  const [caller, route, model, backend] = [clean(row.caller), clean(row.route), clean(row.model), clean(row.backend)];
  return { ...row, caller, route, model, backend };
}
