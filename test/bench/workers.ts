// Two workers against one, on two cores: with the load on a third, or, where there is none, each core with its share of it.
import { availableParallelism } from "node:os";
import { type Comparison, median, type Row } from "./comparison.ts";
import { fxn, startFxn } from "./gateways/peers/fxn.ts";
import { alone, type Entrant, enter, leaveAll } from "./load/arena.ts";
import { LOAD_CORE, PROXY_CORE, TWO_CORES } from "./load/cores.ts";
import { perSecond } from "./load/load.ts";
import { type ModelServer, startModelServer } from "./load/model-server.ts";
import { cpuSeconds } from "./load/process-tree.ts";
import { withoutTools } from "./load/tools.ts";
import { ROUNDS } from "./rounds.ts";

const SHARED = availableParallelism() <= 2;
const WARM_UP = { connections: 64, seconds: 1, signed: 20_000 };
const PHASE = { connections: 64, seconds: 3, signed: 60_000 };

interface Side {
  readonly entrant: Entrant;
  readonly server: ModelServer;
  /** Of load and model server. */
  readonly cores: string;
  readonly speeds: Speed[];
}

/** Of one round. */
interface Speed {
  readonly perSecond: number;
  /** Cores that load and model server took. */
  readonly load: number;
}

export const workers: Comparison = {
  name: "workers",
  about: `requests a second at c=64 of two workers on cores ${TWO_CORES} against one on core ${PROXY_CORE}, ${SHARED ? "load and model server on the same" : `load and model server on core ${LOAD_CORE}`}; median of ${ROUNDS} rounds`,
  async run() {
    const missing = withoutTools() ?? (availableParallelism() < 2 ? "this machine has one core" : undefined);
    if (missing) return [{ what: "two workers against one", why: missing }];
    const sides: Side[] = [];
    try {
      for (const [count, cores] of [PROXY_CORE, TWO_CORES].entries()) sides.push(await open(count + 1, cores));
      for (let round = 0; round < ROUNDS; round++) for (const side of sides) side.speeds.push(await speed(side, sides));
      return rowsOf(sides);
    } finally {
      await leaveAll(sides.map(({ entrant }) => entrant));
      for (const { server } of sides) server.stop();
    }
  },
};

async function open(count: number, own: string): Promise<Side> {
  const cores = SHARED ? own : LOAD_CORE;
  const server = await startModelServer({ events: 1, gapMs: 0 }, cores);
  const start = (place: Parameters<typeof startFxn>[0]) => startFxn(place, { workers: count, cores: own });
  const entrant = await enter({ ...fxn, name: `fxn with ${count} workers`, start }, server);
  return { entrant, server, cores, speeds: [] };
}

function speed({ entrant, server, cores }: Side, sides: readonly Side[]): Promise<Speed> {
  const all = sides.map((side) => side.entrant);
  return alone(all, entrant, async () => {
    await entrant.measure({ ...WARM_UP, cores });
    const before = cpuSeconds(server.pid);
    const measured = await entrant.measure({ ...PHASE, cores });
    const load = (measured.loadCpu + cpuSeconds(server.pid) - before) / measured.seconds;
    return { perSecond: perSecond(measured), load };
  });
}

function rowsOf(sides: readonly Side[]): Row[] {
  const [one = [], two = []] = sides.map(({ speeds }) => speeds);
  const inWords = (speeds: readonly Speed[]) => {
    const of = (what: keyof Speed) => median(speeds.map((each) => each[what]));
    return `${of("perSecond").toFixed(0)} /s (load ${of("load").toFixed(2)} cores)`;
  };
  const ratio = median(two.map((each, round) => each.perSecond / (one[round]?.perSecond ?? Number.NaN)));
  return [
    {
      what: "two workers against one",
      measured: inWords(two),
      against: inWords(one),
      ratio,
      bound: { least: 1.7 },
    },
  ];
}
