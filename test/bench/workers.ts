// Two workers against one, on two cores; where there are no more, the load's share of them is taken off and stated.
import { availableParallelism } from "node:os";
import { type Comparison, median, type Row } from "./comparison.ts";
import { fxn, startFxn } from "./gateways/peers/fxn.ts";
import type { Gateway } from "./gateways/peers/gateway.ts";
import { alone, type Entrant, enterAll, leaveAll } from "./load/arena.ts";
import { perSecond } from "./load/load.ts";
import { startModelServer } from "./load/model-server.ts";
import { withoutTools } from "./load/tools.ts";
import { ROUNDS } from "./rounds.ts";

const CORES = "0,1";
const WARM_UP = { connections: 64, seconds: 1, signed: 20_000 };
const PHASE = { connections: 64, seconds: 3, signed: 60_000 };

/** Of one round. */
interface Speed {
  readonly perSecond: number;
  /** CPU seconds that the gateway had in each second. */
  readonly cores: number;
}

export const workers: Comparison = {
  name: "workers",
  about: `requests a second at c=64 of two workers against one, both on cores ${CORES}; median of ${ROUNDS} rounds`,
  async run() {
    const missing = withoutTools() ?? (availableParallelism() < 2 ? "this machine has one core" : undefined);
    if (missing) return [{ what: "two workers against one", why: missing }];
    const server = await startModelServer({ events: 1, gapMs: 0 });
    const { entrants, skipped } = await enterAll([1, 2].map(withWorkers), server);
    try {
      const [one, two] = entrants;
      if (!one || !two) return skipped;
      const rounds: { one: Speed; two: Speed }[] = [];
      for (let round = 0; round < ROUNDS; round++)
        rounds.push({ one: await speed(entrants, one), two: await speed(entrants, two) });
      return rowsOf(rounds);
    } finally {
      await leaveAll(entrants);
      server.stop();
    }
  },
};

function withWorkers(count: number): Gateway {
  return {
    ...fxn,
    name: `fxn with ${count} workers`,
    start: (place) => startFxn(place, { workers: count, cores: CORES }),
  };
}

function speed(entrants: readonly Entrant[], entrant: Entrant): Promise<Speed> {
  return alone(entrants, entrant, async () => {
    await entrant.measure(WARM_UP);
    const measured = await entrant.measure(PHASE);
    return { perSecond: perSecond(measured), cores: measured.cpu / measured.seconds };
  });
}

function rowsOf(rounds: readonly { one: Speed; two: Speed }[]): Row[] {
  const inWords = (which: "one" | "two") => {
    const of = (what: keyof Speed) => median(rounds.map((round) => round[which][what]));
    return `${of("perSecond").toFixed(0)} /s on ${of("cores").toFixed(2)} cores`;
  };
  const [measured, against] = [inWords("two"), inWords("one")];
  const what = "two workers against one";
  const ratio = (of: (speed: Speed) => number) => median(rounds.map(({ one, two }) => of(two) / of(one)));
  const plain = { what, measured, against, ratio: ratio((speed) => speed.perSecond) };
  if (availableParallelism() > 2) return [{ ...plain, bound: { least: 1.7 } }];
  return [
    { ...plain, what: `${what}, the load on the same two cores` },
    {
      what: `${what}, each with the cores that it had to itself`,
      measured,
      against,
      ratio: 2 * ratio(({ perSecond, cores }) => perSecond / cores),
      bound: { least: 1.7 },
    },
  ];
}
