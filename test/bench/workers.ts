// Two workers against one, on two cores. Where there are no more, the load's share of them is taken off and stated.
import { availableParallelism } from "node:os";
import { type Comparison, median, type Row } from "./comparison.ts";
import { fxn, startFxn } from "./gateways/peers/fxn.ts";
import type { Gateway } from "./gateways/peers/gateway.ts";
import { alone, type Entrant, enterAll, leaveAll } from "./load/arena.ts";
import { TWO_CORES } from "./load/cores.ts";
import { perSecond } from "./load/load.ts";
import { type ModelServer, startModelServer } from "./load/model-server.ts";
import { cpuSeconds } from "./load/process-tree.ts";
import { withoutTools } from "./load/tools.ts";
import { ROUNDS } from "./rounds.ts";

const SHARED = availableParallelism() <= 2;
const WARM_UP = { connections: 64, seconds: 1, signed: 20_000 };
const PHASE = { connections: 64, seconds: 3, signed: 80_000 };

/** Of one round. */
interface Speed {
  readonly perSecond: number;
  /** Cores that load and model server took. */
  readonly load: number;
}

interface Round {
  readonly one: Speed;
  readonly two: Speed;
}

export const workers: Comparison = {
  name: "workers",
  about: `requests a second at c=64 of two workers against one, both on cores ${TWO_CORES}; median of ${ROUNDS} rounds`,
  async run() {
    const missing = withoutTools() ?? (availableParallelism() < 2 ? "this machine has one core" : undefined);
    if (missing) return [{ what: "two workers against one", why: missing }];
    const server = await startModelServer({ events: 1, gapMs: 0 });
    const { entrants, skipped } = await enterAll([1, 2].map(withWorkers), server);
    try {
      const [one, two] = entrants;
      if (!one || !two) return skipped;
      const speed = (of: Entrant) => alone(entrants, of, () => measure(of, server));
      const rounds: Round[] = [];
      for (let round = 0; round < ROUNDS; round++) rounds.push({ one: await speed(one), two: await speed(two) });
      return rowsOf(rounds);
    } finally {
      await leaveAll(entrants);
      server.stop();
    }
  },
};

function withWorkers(count: number): Gateway {
  const start: Gateway["start"] = (place) => startFxn(place, { workers: count, cores: TWO_CORES });
  return { ...fxn, name: `fxn with ${count} workers`, start };
}

async function measure({ measure }: Entrant, { pid }: ModelServer): Promise<Speed> {
  await measure(WARM_UP);
  const before = cpuSeconds(pid);
  const measured = await measure(PHASE);
  return {
    perSecond: perSecond(measured),
    load: (measured.loadCpu + cpuSeconds(pid) - before) / measured.seconds,
  };
}

function rowsOf(rounds: readonly Round[]): Row[] {
  const inWords = (which: keyof Round) => {
    const of = (what: keyof Speed) => median(rounds.map((round) => round[which][what]));
    return `${of("perSecond").toFixed(0)} /s (load ${of("load").toFixed(2)} cores)`;
  };
  const what = "two workers against one";
  const words = { measured: inWords("two"), against: inWords("one") };
  const plain = { what, ...words, ratio: median(rounds.map(({ one, two }) => two.perSecond / one.perSecond)) };
  if (!SHARED) return [{ ...plain, bound: { least: 1.7 } }];
  // One worker has a core to itself, two have what the load leaves of both.
  const scaled = median(rounds.map(({ one, two }) => (two.perSecond / (2 - two.load)) * (2 / one.perSecond)));
  return [plain, { what: `${what}, if both had a whole core`, ...words, ratio: scaled, bound: { least: 1.7 } }];
}
