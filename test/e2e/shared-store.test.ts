// Two nodes behind one address, with one Redis or Postgres: they refuse, limit and count as one, and outlive its failures.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Behaviour, healthy, json, stream, USAGE } from "../fakes/model-server.ts";
import { type SignedFetchOptions, signedFetch } from "../sandbox/gateway.ts";
import { postgresServer, redisServer, type StoreServer, type StoreServerKind } from "../sandbox/store-servers.ts";
import vectors from "../vectors/function.json";
import { fxn, makeHome, type RunningNode, removeHome, startNode, writeGoKey } from "./node.ts";
import { until } from "./until.ts";
import { account, CHAT, chatBody, openWorld, outcome, type World } from "./world.ts";

const TIMEOUT_MS = 500;
const times = <T>(count: number, what: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => what(i));

interface Pair {
  readonly world: World;
  readonly store: StoreServer;
  /** The second, on a home of its own. */
  other: RunningNode;
  readonly homes: readonly [string, string];
}

async function close({ world, store, other, homes }: Pair): Promise<void> {
  await world.leave();
  await other.kill();
  await store.remove();
  removeHome(homes[1]);
}

async function open(kind: StoreServerKind, config: Record<string, unknown> = {}): Promise<Pair> {
  const store = await kind.open();
  const settings = { store: { url: store.url, timeout: `${TIMEOUT_MS}ms` }, server: { workers: 2 } };
  const world = await openWorld({ config: { ...settings, ...config } });
  const home = makeHome();
  writeGoKey(home, vectors.keys.node);
  for (const name of ["config.yaml", "model_backend.yaml"]) cpSync(join(world.home, name), join(home, name));
  const other = await startNode(home);
  await other.ready();
  // What is signed in the second in which the store began is refused.
  await Bun.sleep(1000);
  return { world, store, other, homes: [world.home, home] };
}

function play(world: World, behaviour: Behaviour): void {
  world.model.behave = (received, response) => (received.method === "GET" ? healthy : behaviour)(received, response);
}

function send(node: RunningNode, body: unknown = chatBody(), moment: SignedFetchOptions = {}): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return signedFetch(account("gateway"), moment)(`${node.url}${CHAT}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers,
  });
}

const ask = (node: RunningNode, moment?: SignedFetchOptions) => send(node, chatBody(), moment).then(outcome);

async function served(home: string): Promise<number> {
  const { stdout, stderr, code } = await fxn(["ledger", "--home", home, "--json", "--by", "network"]);
  if (code !== 0) throw new Error(stderr);
  const { rows } = z.object({ rows: z.array(z.object({ requests: z.number() })) }).parse(JSON.parse(stdout));
  return rows[0]?.requests ?? 0;
}

for (const kind of [redisServer, postgresServer]) {
  const why = kind.missing ? ` (skipped: ${kind.missing})` : "";
  describe.skipIf(kind.missing !== undefined)(`two nodes on one ${kind.name}${why}`, () => {
    let pair: Pair;
    beforeAll(async () => {
      pair = await open(kind);
    });
    afterAll(() => close(pair));

    test("replay on the other node: one request sent many times to both passes once; the ledger has the rows of both", async () => {
      const { world, other, homes } = pair;
      play(world, json({ usage: USAGE }));
      const nodes = [world.node, other];
      const now = () => Math.floor(Date.now() / 1000);
      for (let round = 0; round < 3; round++) {
        const moment = { nonce: `both-${round}`, timestamp: now() };
        const outcomes = await Promise.all(times(20, (i) => ask(nodes[i % 2]!, moment)));
        expect(outcomes.filter((text) => text === "200")).toHaveLength(1);
        expect(outcomes.filter((text) => text === "401 nonce_replayed")).toHaveLength(19);
      }
      const moment = { nonce: "once", timestamp: now() };
      expect([await ask(world.node, moment), await ask(other, moment)]).toEqual(["200", "401 nonce_replayed"]);
      expect(await ask(other)).toBe("200");
      for (const home of homes) await until(async () => (await served(home)) === 5);
    });

    test("limits count over both nodes", async () => {
      const limited = await open(kind, { limits: { requestsPerMinute: 4, concurrent: 3 } });
      const { world, other } = limited;
      play(world, stream({ tokens: 10, everyMs: 50 }));
      const nodes = [world.node, other, other];
      const streams = await Promise.all(nodes.map((node) => send(node, chatBody({ stream: true }))));
      expect(streams.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(await ask(world.node)).toBe("429 too_many_concurrent");
      await Promise.all(streams.map((response) => response.text()));
      play(world, json({ usage: USAGE }));
      await until(async () => (await ask(other)) === "200");
      const refused = await send(world.node);
      expect([refused.headers.get("retry-after"), await outcome(refused)]).toEqual(["15", "429 rate_limited"]);
      await close(limited);
    });

    test("kill -9 of a node while the store hangs: no ledger row of what was answered is lost", async () => {
      const own = await open(kind);
      const { world, store, homes } = own;
      play(world, stream({ tokens: 20, everyMs: 50 }));
      const streams = await Promise.all(times(12, () => send(world.node, chatBody({ stream: true }))));
      expect(streams.every(({ status }) => status === 200)).toBeTrue();
      store.pause();
      const texts = await Promise.all(streams.map((response) => response.text()));
      expect(texts.every((text) => text.endsWith("data: [DONE]\n\n"))).toBeTrue();
      await world.node.kill();
      store.resume();
      expect(await served(homes[1])).toBe(0);
      await world.restart();
      await until(async () => (await served(homes[1])) === 12, 5000);
      await close(own);
    });

    test("the store hangs, is killed and comes back: nobody is let in meanwhile, all is said, nothing must be restarted", async () => {
      const { world, store, other, homes } = pair;
      play(world, json({ usage: USAGE }));
      const moment = { nonce: "before", timestamp: Math.floor(Date.now() / 1000) };
      expect(await ask(world.node, moment)).toBe("200");

      store.pause();
      const start = performance.now();
      const refused = await send(other);
      expect(performance.now() - start).toBeLessThan(TIMEOUT_MS + 400);
      expect([refused.headers.get("retry-after"), await outcome(refused)]).toEqual(["1", "503 store_unavailable"]);
      expect(await ask(world.node, moment)).toBe("503 store_unavailable");
      await until(async () => (await fetch(`${world.node.admin}/ready`)).status === 503, 5000);
      expect(await (await fetch(`${world.node.admin}/ready`)).text()).toContain("does not answer");
      expect((await fxn(["status", "--home", homes[0]])).stdout).toContain("does not answer");
      expect(await (await fetch(`${world.node.admin}/metrics`)).text()).toMatch(/fxn_store_up 0\n/);
      store.resume();
      await world.node.ready();
      // Each worker has a connection of its own, and finds out by itself.
      await until(async () => (await ask(world.node, moment)) !== "503 store_unavailable", 5000);
      expect(await ask(world.node, moment)).toBe("401 nonce_replayed");
      await until(async () => (await ask(other)) === "200", 8000);

      await store.kill();
      expect(await ask(world.node)).toBe("503 store_unavailable");
      await store.start();
      await world.node.ready();
      // Its newest nonces may be lost: what was signed before it came back is refused, used or not.
      await until(async () => (await ask(world.node)) === "200", 8000);
      await until(async () => (await ask(world.node, moment)) !== "503 store_unavailable", 5000);
      expect(await ask(world.node, moment)).toBe("401 timestamp_too_old");
      expect(await (await fetch(`${world.node.admin}/metrics`)).text()).toMatch(/fxn_store_up 1\n/);
    });

    test("its password stands in no log, status or shown configuration", async () => {
      const { world, store, homes } = pair;
      const { password } = new URL(store.url);
      await store.kill();
      expect(await ask(world.node)).toBe("503 store_unavailable");
      await world.node.logged("the store is down: callers are refused");
      const said = await Promise.all(
        [["status", "--json"], ["config", "show"], ["config", "show", "--origin"], ["ledger"]].map(async (words) => {
          const { stdout, stderr } = await fxn([...words, "--home", homes[0]]);
          return stdout + stderr;
        }),
      );
      expect(readFileSync(join(homes[0], "config.yaml"), "utf8")).toContain(password);
      expect([...said, world.node.log()].filter((text) => text.includes(password))).toEqual([]);
      expect(said.at(-1)).toContain("does not answer");
    });
  });
}
