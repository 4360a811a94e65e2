// 10,000 gateways in the registry against 10: what a request takes.
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { type Comparison, median, type Row } from "./comparison.ts";
import { fxn, listedChain, runFxn, writeHome } from "./gateways/peers/fxn.ts";
import { chatRoute, type Gateway, type Place } from "./gateways/peers/gateway.ts";
import { alone, enterAll, leaveAll } from "./load/arena.ts";
import { firstAnswer } from "./load/first-answer.ts";
import { startModelServer } from "./load/model-server.ts";
import { callers } from "./load/signed-requests.ts";
import { withoutTools } from "./load/tools.ts";
import { ROUNDS } from "./rounds.ts";

const [FEW, MANY] = [10, 10_000];
const WARM_UP = { connections: 10, seconds: 1, signed: 15_000 };
const PHASE = { connections: 10, seconds: 3, signed: 60_000 };
/** Two nodes that are the same differ by as much. */
const NOISE = 1.1;

export const registryGrowth: Comparison = {
  name: "registry",
  about: `a request at c=10 with ${MANY} gateways in the registry against ${FEW}; ${callers.length} of them call; median of ${ROUNDS} rounds`,
  async run() {
    const missing = withoutTools();
    if (missing) return [{ what: "registry", why: missing }];
    const server = await startModelServer({ events: 1, gapMs: 0 });
    const { entrants, skipped } = await enterAll([FEW, MANY].map(withGateways), server);
    try {
      const [few, many] = entrants;
      if (!few || !many) return skipped;
      const rounds: { few: number; many: number }[] = [];
      const p50 = (one: typeof few) =>
        alone(entrants, one, async () => {
          await one.measure(WARM_UP);
          return (await one.measure(PHASE)).latency?.p50 ?? Number.NaN;
        });
      for (let round = 0; round < ROUNDS; round++) rounds.push({ few: await p50(few), many: await p50(many) });
      return [row(rounds)];
    } finally {
      await leaveAll(entrants);
      server.stop();
    }
  },
};

function row(rounds: readonly { few: number; many: number }[]): Row {
  const inWords = (which: "few" | "many") => `p50 ${median(rounds.map((round) => round[which])).toFixed(0)} µs`;
  return {
    what: `${MANY} gateways against ${FEW}`,
    measured: inWords("many"),
    against: inWords("few"),
    ratio: median(rounds.map(({ few, many }) => many / few)),
    bound: { most: NOISE },
  };
}

/** fxn on its own snapshot of a chain that is gone since, with more gateways put into it. */
function withGateways(count: number): Gateway {
  return {
    ...fxn,
    name: `fxn with ${count} gateways`,
    async start(place) {
      const chain = await listedChain();
      writeHome(place, chain);
      const route = chatRoute(place.port);
      const first = runFxn(place);
      await firstAnswer(route).finally(first.stop);
      await chain.stop();
      addGateways(place, count);
      return { ...runFxn(place), route };
    },
  };
}

/** By hand: registering 10,000 takes the sandbox's chain longer than all of the bench. */
function addGateways({ folder }: Place, count: number): void {
  const db = new Database(join(folder, "fxn.db"));
  const address = () => `0x${Buffer.from(crypto.getRandomValues(new Uint8Array(20))).toString("hex")}`;
  const more = Array.from({ length: count - callers.length }, () => [address(), { owner: address() }]);
  // "[a]" and "[b]" make "[a,b]".
  const { changes } = db
    .query("UPDATE snapshots SET json = substr(json, 1, length(json) - 1) || ',' || ? WHERE name LIKE 'gateways@%'")
    .run(JSON.stringify(more).slice(1));
  if (changes !== 1) throw new Error("the node left no snapshot of its gateways");
  db.close();
}
