// fxn, verifying, next to nginx and the other AI gateways: latency, requests a second, CPU time, memory, streams.
import type { Comparison, Finding } from "../comparison.ts";
import { alone, type Entrant, enterAll, leaveAll } from "../load/arena.ts";
import { load, type Measured } from "../load/load.ts";
import { startModelServer } from "../load/model-server.ts";
import { cpuSeconds, forgetPeak, memoryOf } from "../load/process-tree.ts";
import { withoutTools } from "../load/tools.ts";
import { ROUNDS } from "../rounds.ts";
import { gatewayBounds } from "./bounds.ts";
import { choose } from "./chosen.ts";
import { gatewayFigures } from "./figures.ts";
import { GATEWAYS } from "./peers/index.ts";
import type { Result, Round } from "./result.ts";

interface Phase {
  readonly connections: number;
  readonly seconds: number;
  /** For a server that takes each request once: what is quicker than that is over sooner. */
  readonly signed: number;
  readonly events?: number;
}

const WARM_UP: Phase = { connections: 10, seconds: 1, signed: 15_000 };
const PLAIN: readonly Phase[] = [
  { connections: 1, seconds: 2, signed: 20_000 },
  { connections: 10, seconds: 3, signed: 60_000 },
  { connections: 64, seconds: 3, signed: 60_000 },
];
const STREAMS = { connections: 10, seconds: 3, signed: 2000, events: 50, gapMs: 5 };
/** Of requests that may be sent again and again. */
const SIGNED_AGAIN = 1000;
/** After its start, for what a gateway does when it has time. */
const SETTLE_MS = 2000;

export const gatewayComparison: Comparison = {
  name: "gateways",
  about: `560 B of chat → 1 KB, and streams of ${STREAMS.events} events; the gateway alone on one core, load and model server on another; medians of ${ROUNDS} rounds`,
  async run() {
    const missing = withoutTools();
    if (missing) return [{ what: "gateways", why: missing }];
    const { chosen, leftOut } = choose(GATEWAYS);
    const server = await startModelServer(STREAMS);
    const { entrants, skipped } = await enterAll(chosen, server);
    try {
      const results = await measure(entrants);
      return [...leftOut, ...skipped, gatewayFigures(results), ...gatewayBounds(results)] satisfies Finding[];
    } finally {
      await leaveAll(entrants);
      server.stop();
    }
  },
};

async function measure(entrants: readonly Entrant[]): Promise<Result[]> {
  await Bun.sleep(SETTLE_MS);
  const contests = entrants.map((entrant) => {
    const { pid } = entrant;
    const idle = pid ? memoryOf(pid) : undefined;
    if (pid) forgetPeak(pid);
    return { entrant, idle, rounds: [] as Round[] };
  });
  for (let round = 0; round < ROUNDS; round++) {
    for (const { entrant, rounds } of round % 2 === 0 ? contests : contests.toReversed())
      rounds.push(await alone(entrants, entrant, () => oneRound(entrant)));
  }
  return contests.map(({ entrant: { gateway, startMs, pid }, idle, rounds }) => ({
    name: gateway.name,
    kind: gateway.kind,
    rounds,
    startMs,
    idle,
    loaded: pid ? memoryOf(pid) : undefined,
  }));
}

async function oneRound(entrant: Entrant): Promise<Round> {
  await measured(entrant, WARM_UP);
  const plain = new Map<number, Measured>();
  let cpuPerThousand = 0;
  for (const phase of PLAIN) {
    const { result, cpu } = await measured(entrant, phase);
    plain.set(phase.connections, result);
    cpuPerThousand = (cpu / result.good) * 1000;
  }
  return { plain, cpuPerThousand, streams: (await measured(entrant, STREAMS)).result };
}

async function measured({ gateway, pid, route, requests }: Entrant, { connections, seconds, signed, events }: Phase) {
  const once = gateway.once ?? false;
  const file = requests(once ? signed : SIGNED_AGAIN, events !== undefined);
  const before = pid ? cpuSeconds(pid) : 0;
  const result = await load({ port: route.port, file, connections, seconds, once, events });
  return { result, cpu: pid ? cpuSeconds(pid) - before : 0 };
}
