// fxn, verifying, next to nginx and the other AI gateways: latency, requests a second, CPU time, memory, streams.
import type { Comparison, Finding } from "../comparison.ts";
import { alone, type Entrant, enterAll, leaveAll, type Phase } from "../load/arena.ts";
import type { Measured } from "../load/load.ts";
import { startModelServer } from "../load/model-server.ts";
import { forgetPeak, memoryOf } from "../load/process-tree.ts";
import { withoutTools } from "../load/tools.ts";
import { ROUNDS } from "../rounds.ts";
import { gatewayBounds } from "./bounds.ts";
import { choose } from "./chosen.ts";
import { gatewayFigures } from "./figures.ts";
import { GATEWAYS } from "./peers/index.ts";
import type { Result, Round } from "./result.ts";

const WARM_UP: Phase = { connections: 10, seconds: 1, signed: 15_000 };
const PLAIN: readonly Phase[] = [
  { connections: 1, seconds: 2, signed: 20_000 },
  { connections: 10, seconds: 3, signed: 60_000 },
  { connections: 64, seconds: 3, signed: 60_000 },
];
const STREAMS = { connections: 10, seconds: 3, signed: 2000, events: 50, gapMs: 5 };
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

async function oneRound({ measure }: Entrant): Promise<Round> {
  await measure(WARM_UP);
  const plain = new Map<number, Measured>();
  let cpuPerThousand = 0;
  for (const phase of PLAIN) {
    const measured = await measure(phase);
    plain.set(phase.connections, measured);
    cpuPerThousand = (measured.cpu / measured.good) * 1000;
  }
  return { plain, cpuPerThousand, streams: await measure(STREAMS) };
}
