// The last hour in samples of a few seconds, from what each process has counted since the sample before.
import type { Sample } from "../../core/activity.ts";
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { GpuStats } from "../../core/gpu.ts";
import type { Log } from "../../core/log.ts";
import { type Counts, countsOf } from "./counts.ts";
import { Lately } from "./lately.ts";
import { quantile } from "./quantile.ts";

export interface ProcessMetrics {
  /** No two processes at the same time have the same. */
  readonly pid: number;
  /** As a register's `getMetricsAsJSON` gives them; of one that does not answer now what it had counted when it last did. */
  readonly metrics: readonly object[];
}

export interface HistoryPorts {
  /** Of all processes that run. */
  readonly metrics: () => Promise<readonly ProcessMetrics[]>;
  readonly gpus: () => readonly GpuStats[];
  readonly clock: Clock;
  readonly log: Log;
}

export const SAMPLE_MS = 5000;
const KEPT = 720;
/** Of one sample: no machine has more, and what is answered stays bounded. */
const MOST_GPUS = 64;

type Kept = Omit<Sample, "at"> & { readonly monotonic: number };

export class History {
  readonly lately: Lately;
  readonly #ports: HistoryPorts;
  readonly #kept: Kept[] = [];
  /** What each process had counted at the last sample. */
  #last: ReadonlyMap<number, Counts> = new Map();

  constructor(ports: HistoryPorts) {
    this.#ports = ports;
    this.lately = new Lately(ports.clock);
  }

  /** The oldest first. Their times are told by the clock as it goes now: one that was set does not tear them apart. */
  samples(): Sample[] {
    const { clock } = this.#ports;
    const started = clock.now() - clock.monotonic();
    return this.#kept.map(({ monotonic, ...sample }) => ({ at: Math.round(started + monotonic), ...sample }));
  }

  /** Takes samples until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#ports;
    for (;;) {
      await sleep(clock, SAMPLE_MS, signal);
      if (signal.aborted) return;
      try {
        await this.take();
      } catch (error) {
        log.warn({ error: messageOf(error) }, "no sample was taken of what the node does");
      }
    }
  }

  async take(): Promise<void> {
    const { metrics, gpus, clock } = this.#ports;
    const changes = this.#changes(await metrics());
    const answers: Record<string, number> = {};
    const firstToken = new Map<number, number>();
    for (const change of changes) {
      for (const [of, count] of Object.entries(change.answers)) answers[of] = (answers[of] ?? 0) + count;
      for (const [bound, count] of change.firstToken) firstToken.set(bound, (firstToken.get(bound) ?? 0) + count);
    }
    this.lately.add(
      changes.map(({ refused }) => refused),
      firstToken,
    );
    const sum = (one: (counts: Counts) => number) => changes.reduce((all, counts) => all + one(counts), 0);
    const [p50, p95] = [quantile(0.5, firstToken), quantile(0.95, firstToken)];
    this.#kept.push({
      monotonic: clock.monotonic(),
      answers,
      promptTokens: sum((counts) => counts.promptTokens),
      completionTokens: sum((counts) => counts.completionTokens),
      firstToken: p50 === undefined || p95 === undefined ? null : { p50, p95 },
      inFlight: sum((counts) => counts.inFlight),
      streams: sum((counts) => counts.streams),
      waiting: sum((counts) => counts.waiting),
      gpus: gpus()
        .slice(0, MOST_GPUS)
        .map((gpu) => ({ utilizationPct: gpu.utilizationGpuPct ?? null, vramUsedMb: gpu.vramUsedMb ?? null })),
    });
    if (this.#kept.length > KEPT) this.#kept.shift();
  }

  #changes(processes: readonly ProcessMetrics[]): Counts[] {
    const last = new Map<number, Counts>();
    const changes = processes.map(({ pid, metrics }) => {
      const before = this.#last.get(pid);
      const now = countsOf(metrics);
      last.set(pid, now);
      return before ? since(before, now) : now;
    });
    this.#last = last;
    return changes;
  }
}

function since(before: Counts, now: Counts): Counts {
  return {
    ...now,
    answers: eachRisen(before.answers, now.answers),
    refused: eachRisen(before.refused, now.refused),
    promptTokens: risen(before.promptTokens, now.promptTokens),
    completionTokens: risen(before.completionTokens, now.completionTokens),
    firstToken: new Map(
      [...now.firstToken].map(([bound, count]) => [bound, risen(before.firstToken.get(bound), count)]),
    ),
  };
}

function eachRisen(before: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>) {
  return Object.fromEntries(Object.entries(now).map(([of, count]) => [of, risen(before[of], count)]));
}

/** A count that is lower than it was began anew: another process has the id now. */
function risen(before = 0, now: number): number {
  return now >= before ? now - before : now;
}
