// A long run under random faults: model servers that fail in every way, callers that leave, a chain that goes, kill -9.
// FXN_SOAK_SECONDS sets its length; the default is a short form.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { fxn } from "../e2e/node.ts";
import { CHAT, chatBody, openWorld, outcome, type World } from "../e2e/world.ts";
import { after, type Behaviour, drop, healthy, json, ModelServer, stream } from "../fakes/model-server.ts";

const SECONDS = Number(process.env.FXN_SOAK_SECONDS ?? 20);
const CALLERS = 16;
const BEHAVIOURS: readonly Behaviour[] = [
  healthy,
  healthy,
  stream({ tokens: 20, everyMs: 2 }),
  stream({ tokens: 5, end: "cut" }),
  stream({ tokens: 5, end: "reset" }),
  stream({ tokens: 5, end: "close" }),
  after(30, healthy),
  drop(),
  json({ error: { message: "busy" } }, 503),
  json("no json", 200),
];

let world: World;
let second: ModelServer;
beforeAll(async () => {
  second = await ModelServer.start();
  const pollInterval = "200ms";
  world = await openWorld({
    config: {
      logger: { verbosity: "info" },
      health: { interval: "200ms", ejection: "50ms", maxEjection: "200ms" },
      registry: { gateway: { pollInterval }, provider: { pollInterval } },
      shutdown: { deadline: "2s" },
    },
    models: (url) => ({ models: [{ id: "tiny", backends: [{ url }, { url: second.url }] }] }),
  });
  for (const server of [world.model, second]) server.behave = atRandom;
});
afterAll(async () => {
  second.stop();
  await world.close();
});

function pick<T>(list: readonly T[]): T {
  const chosen = list[Math.floor(Math.random() * list.length)];
  if (chosen === undefined) throw new Error("an empty list");
  return chosen;
}

const atRandom: Behaviour = (received, response) =>
  (received.method === "GET" ? healthy : pick(BEHAVIOURS))(received, response);

interface Sent {
  readonly nonce: string;
  readonly timestamp: number;
}

test(
  `${SECONDS} s of faults: no nonce passes twice, no whole answer is missing from the ledger, nothing is left open`,
  async () => {
    const end = performance.now() + SECONDS * 1000;
    const passed: Sent[] = [];
    let whole = 0;
    let restarting: Promise<void> = Promise.resolve();

    async function caller(): Promise<void> {
      while (performance.now() < end) {
        await restarting;
        const sent = { nonce: crypto.randomUUID(), timestamp: Math.floor(Date.now() / 1000) };
        const abort = new AbortController();
        if (Math.random() < 0.2) setTimeout(() => abort.abort(), Math.random() * 30);
        const streamed = Math.random() < 0.5;
        const result = await world
          .send(CHAT, chatBody({ stream: streamed }), { ...sent, signal: abort.signal })
          .then(async (response) => ({ status: response.status, text: await response.text() }))
          .catch(() => undefined);
        if (result?.status !== 200) continue;
        passed.push(sent);
        // A JSON object that ends, or a stream that says so: these the caller may take for whole.
        if (streamed ? result.text.includes("[DONE]") : result.text.endsWith("}")) whole++;
      }
    }

    async function breaker(): Promise<void> {
      while (performance.now() < end - 3000) {
        await Bun.sleep(1500 + Math.random() * 1500);
        if (Math.random() < 0.5) {
          await world.chain.down();
          await Bun.sleep(500);
          await world.chain.up();
        } else {
          restarting = world.node.kill().then(() => world.restart());
          await restarting;
        }
      }
    }

    await Promise.all([...Array.from({ length: CALLERS }, caller), breaker()]);
    expect(whole).toBeGreaterThan(SECONDS);

    const replays = await Promise.all(
      passed.slice(-200).map(async (sent) => outcome(await world.send(CHAT, chatBody(), sent))),
    );
    expect(new Set(replays)).toEqual(new Set(["401 nonce_replayed"]));

    const { stdout } = await fxn(["ledger", "--home", world.home, "--by", "model", "--json"]);
    const { rows }: { rows: { requests: number }[] } = JSON.parse(stdout);
    expect(rows[0]?.requests).toBeGreaterThanOrEqual(whole);

    await Bun.sleep(1500);
    const text = await (await fetch(`${world.node.admin}/metrics`)).text();
    for (const [line] of text.matchAll(
      /^fxn_(?:backend_inflight|inference_queue_depth|http_buffered_body_bytes).* \d+$/gm,
    )) {
      expect(line).toEndWith(" 0");
    }
    if (process.platform === "linux") {
      const rssMb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${world.node.pid}/status`, "utf8"))?.[1]) / 1024;
      expect(rssMb).toBeLessThan(400);
      expect(readdirSync(`/proc/${world.node.pid}/fd`).length).toBeLessThan(300);
    }
  },
  (SECONDS + 60) * 1000,
);
