// Whether challenges keep callers waiting: the latency of small requests with challenges back to back, and without any.
import { z } from "zod";
import { openWorld } from "../e2e/world.ts";
import { type Comparison, median, quantile, type Row } from "./comparison.ts";
import { type Helper, startHelper } from "./helper-process.ts";

/** Low load. */
const EVERY_MS = 20;
const PHASE_MS = 6000;
const WARM_UP_MS = 2000;
const ROUNDS = 5;
const KINDS = [
  { kind: "size", what: "MATRIX_MULTIPLICATION, size 1024" },
  { kind: "proof", what: "MATRIX_PROOF 1024³ and its opening" },
  { kind: "matrices", what: "MATRIX_MULTIPLICATION, 40 MB of JSON" },
] as const;
type Kind = (typeof KINDS)[number]["kind"];

const times = z.array(z.number());

/** One phase with challenges, and the quiet ones before and after it: milliseconds of each request. */
interface Round {
  readonly busy: readonly number[];
  readonly quiet: readonly number[];
  readonly answered: number;
}

export const proxyLatency: Comparison = {
  name: "proxy",
  about: `A small chat request, ${1000 / EVERY_MS} a second, with challenges back to back against none; medians of ${ROUNDS} rounds`,
  async run() {
    const world = await openWorld({ config: { logger: { verbosity: "info" } } });
    const requests = startHelper("request-sender.ts");
    const challenges = startHelper("challenge-sender.ts");
    try {
      return await measure(world.node.url, requests, challenges);
    } finally {
      requests.stop();
      challenges.stop();
      await world.close();
    }
  },
};

async function measure(url: string, requests: Helper, challenges: Helper): Promise<Row[]> {
  async function quiet(ms: number): Promise<number[]> {
    const plan = { url, everyMs: EVERY_MS, count: ms / EVERY_MS };
    await requests.call("sign", plan);
    return times.parse(await requests.call("send", plan));
  }
  async function busy(kind: Kind, ms: number) {
    await challenges.call("start", { url, kind });
    const taken = await quiet(ms);
    return { busy: taken, answered: z.number().parse(await challenges.call("stop")) };
  }

  for (const { kind } of KINDS) await busy(kind, WARM_UP_MS);
  const rounds: Record<Kind, Round[]> = { size: [], proof: [], matrices: [] };
  for (let round = 0; round < ROUNDS; round++) {
    let before = await quiet(PHASE_MS);
    for (const { kind } of KINDS) {
      const during = await busy(kind, PHASE_MS);
      const after = await quiet(PHASE_MS);
      rounds[kind].push({ ...during, quiet: [...before, ...after] });
      before = after;
    }
  }
  return KINDS.map(({ kind, what }) => rowOf(what, rounds[kind]));
}

function rowOf(what: string, rounds: readonly Round[]): Row {
  const middle = (of: "busy" | "quiet", share: number) => median(rounds.map((round) => quantile(round[of], share)));
  const inWords = (of: "busy" | "quiet") => `p50 ${middle(of, 0.5).toFixed(1)} p99 ${middle(of, 0.99).toFixed(1)} ms`;
  return {
    what: `${what} (${rounds.reduce((sum, { answered }) => sum + answered, 0)} answered)`,
    measured: inWords("busy"),
    against: inWords("quiet"),
    ratio: median(rounds.map((round) => quantile(round.busy, 0.99) / quantile(round.quiet, 0.99))),
    bound: { most: 2 },
  };
}
