// fxn, verifying, against nginx and the other AI gateways: latency, requests a second, CPU time, memory, streams.
import { alone, type Entrant, enterAll } from "./arena.ts";
import { type Comparison, type Finding, median, type Row } from "./comparison.ts";
import { gatewayFigures } from "./gateway-figures.ts";
import { GATEWAYS } from "./gateways/index.ts";
import { failures, load, type Measured } from "./load.ts";
import { withoutTools } from "./native-tools.ts";
import { cpuSeconds, forgetPeak, type Memory, memoryOf } from "./process-tree.ts";
import { startUpstream } from "./upstream.ts";

export const ROUNDS = Number(process.env.FXN_BENCH_ROUNDS ?? 5);
/** Signed for one measurement: what is quicker than that is over sooner. */
const PHASES = [
  { connections: 1, seconds: 2, signed: 15_000 },
  { connections: 10, seconds: 3, signed: 50_000 },
  { connections: 64, seconds: 3, signed: 50_000 },
] as const;
/** Of servers that forget: sent again and again. */
const SIGNED_AGAIN = 1000;
const WARM_UP = { connections: 10, seconds: 1, signed: 10_000 };
const STREAMS = { connections: 10, seconds: 3, signed: 2000, events: 50, gapMs: 5 };
/** After its start, for what a gateway does when it has time. */
const SETTLE_MS = 2000;

/** What one gateway did in one round. */
export interface Round {
  /** By the number of connections. */
  readonly plain: ReadonlyMap<number, Measured>;
  readonly streams: Measured;
  /** Of the proxy's processes at the most connections. */
  readonly cpuPerThousand: number;
}

export interface Result {
  readonly name: string;
  readonly kind: Entrant["gateway"]["kind"];
  readonly rounds: readonly Round[];
  readonly idle?: Memory;
  readonly loaded?: Memory;
}

export const gatewayLoad: Comparison = {
  name: "gateways",
  about: `560 B of chat → 1 KB, and streams of ${STREAMS.events} events; the gateway alone on core 0, load and model server on core 1; medians of ${ROUNDS} rounds`,
  async run() {
    const missing = withoutTools();
    if (missing) return [{ what: "gateways", why: missing }];
    const upstream = await startUpstream(STREAMS);
    const { entrants, skipped } = await enterAll(GATEWAYS, upstream);
    try {
      return [...skipped, ...findings(await measure(entrants))];
    } finally {
      for (const { stop } of entrants) await stop();
      upstream.stop();
    }
  },
};

async function measure(entrants: readonly Entrant[]): Promise<Result[]> {
  await Bun.sleep(SETTLE_MS);
  const results = entrants.map((entrant) => ({
    entrant,
    idle: entrant.pid ? memoryOf(entrant.pid) : undefined,
    rounds: [] as Round[],
  }));
  for (const { pid } of entrants) if (pid) forgetPeak(pid);
  for (let round = 0; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? results : results.toReversed();
    for (const { entrant, rounds } of order) rounds.push(await alone(entrants, entrant, () => oneRound(entrant)));
  }
  return results.map(({ entrant, idle, rounds }) => ({
    name: entrant.gateway.name,
    kind: entrant.gateway.kind,
    rounds,
    idle,
    loaded: entrant.pid ? memoryOf(entrant.pid) : undefined,
  }));
}

async function oneRound(entrant: Entrant): Promise<Round> {
  await phase(entrant, WARM_UP);
  const plain = new Map<number, Measured>();
  let cpuPerThousand = 0;
  for (const one of PHASES) {
    const { result, cpu } = await phase(entrant, one);
    plain.set(one.connections, result);
    cpuPerThousand = (cpu / result.good) * 1000;
  }
  return { plain, cpuPerThousand, streams: (await phase(entrant, STREAMS)).result };
}

interface Phase {
  readonly connections: number;
  readonly seconds: number;
  readonly signed: number;
  readonly events?: number;
}

async function phase({ gateway, pid, route, requests }: Entrant, { connections, seconds, signed, events }: Phase) {
  const once = gateway.once ?? false;
  const file = requests(once ? signed : SIGNED_AGAIN, events !== undefined);
  const before = pid ? cpuSeconds(pid) : 0;
  const result = await load({ port: route.port, file, connections, seconds, once, events });
  return { result, cpu: pid ? cpuSeconds(pid) - before : 0 };
}

function findings(results: readonly Result[]): Finding[] {
  return [gatewayFigures(results)];
}
void failures;
void median;

export type { Row };
