// fed_AI through the compiled binary: from a reference node's env file to answers, payments and nonces beyond kill -9, an orderly end.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { systemClock } from "../../src/core/clock.ts";
import { seal } from "../../src/networks/fedai/envelope.ts";
import { inferenceRequest } from "../../src/networks/fedai/payloads.ts";
import { CLIENT, framesOf, KEYS, ROUTER } from "../fakes/fedai-rig.ts";
import { FakeFedaiRouter, receiptFor } from "../fakes/fedai-router.ts";
import { paymentOf, type VerifyService, verifyService } from "../fakes/lightning.ts";
import { ModelServer, stream } from "../fakes/model-server.ts";
import { freePort } from "../sandbox/store-servers.ts";
import { saveCheapKey } from "./cheap-key.ts";
import { ANY_PORTS, fxn, killAll, makeHome, type RunningNode, removeHome, startNode } from "./node.ts";
import { until } from "./until.ts";

const WORDS = ["one ", "two ", "three"];

let model: ModelServer;
let router: FakeFedaiRouter;
let home: string;
let outside: string;
let locked: string[];
let port: number;

beforeAll(async () => {
  model = await ModelServer.start();
});
afterAll(() => model.stop());
beforeEach(async () => {
  router = new FakeFedaiRouter(ROUTER, systemClock);
  port = await freePort();
  home = makeHome();
  outside = makeHome();
  const password = join(outside, "password");
  writeFileSync(password, "correct horse", { mode: 0o600 });
  locked = ["--home", home, "--password-file", password];
  model.behave = stream({ tokens: WORDS, everyMs: 100 });
});
afterEach(async () => {
  await killAll();
  router.stop();
  removeHome(home);
  removeHome(outside);
});

/** The reference node's own file, taken over and started; with a cheap key there is the key in the home already. */
async function imported(more: Readonly<Record<string, string>> = {}, cheap = true): Promise<RunningNode> {
  if (cheap) await saveCheapKey(home, "fedai", KEYS.node.privateKeyHex, "correct horse", "nostr");
  const variables = {
    NODE_ID: "node-a",
    NODE_KEY_ID: KEYS.node.npub,
    NODE_PRIVATE_KEY_PEM: KEYS.node.nsec,
    NODE_ENDPOINT: `http://127.0.0.1:${port}`,
    NODE_PORT: String(port),
    ROUTER_ENDPOINT: `${router.url}/`,
    ROUTER_KEY_ID: KEYS.router.npub,
    NODE_MAX_REQUEST_BYTES: "10000",
    NODE_HEARTBEAT_MS: "2000",
    NODE_RUNNER: "vllm",
    NODE_VLLM_URL: model.url,
    NODE_ADMIN_KEY: "SECRET-ADMIN",
    ...more,
  };
  const file = join(outside, "node.env");
  writeFileSync(
    file,
    Object.entries(variables)
      .map((pair) => pair.join("="))
      .join("\n"),
    { mode: 0o600 },
  );
  const { code, stdout, stderr } = await fxn(["networks", "import", "fedai", file, ...locked]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("NODE_ADMIN_KEY: not carried over");
  expect(stdout).not.toMatch(/SECRET|nsec1|2222222222/);
  const models = { models: [{ id: "tiny", backends: [{ url: model.url }] }] };
  writeFileSync(join(home, "model_backend.yaml"), stringify(models), { mode: 0o600 });
  const config = await Bun.file(join(home, "config.yaml")).text();
  writeFileSync(join(home, "config.yaml"), `${config}\nadmin: { listen: "127.0.0.1:0" }\nshutdown: { deadline: 5s }\n`);
  return start();
}

async function start(): Promise<RunningNode> {
  router.restart();
  const node = await startNode(home, { args: locked.slice(2), env: ANY_PORTS });
  await until(() => router.active().length === 1, 20_000);
  return node;
}

const ask = (requestId: string) => ({ requestId, modelId: "tiny", prompt: "count", maxTokens: 16 });
const post = (path: string, body: string, signal?: AbortSignal) =>
  fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body, signal: signal ?? null });
const signed = (requestId: string) => JSON.stringify(seal(ROUTER, systemClock, ask(requestId)));
const errorOf = async (response: Response) => [response.status, JSON.parse(await response.text()).error];

describe("a node of fed_AI", () => {
  test("from the reference node's file to answers: whole, as they come, in the ledger", async () => {
    const node = await imported({}, false);
    expect(router.active()[0]?.descriptor).toMatchObject({ nodeId: "node-a", keyId: KEYS.node.npub });
    expect(await router.infer(ask("r1"))).toEqual({ status: 200, output: WORDS.join("") });
    expect(await router.stream(ask("r2"))).toEqual({ status: 200, output: WORDS.join(""), deltas: WORDS });
    const answer = await post("/infer/stream", signed("r3"));
    const first = await answer.body!.getReader().read();
    expect(framesOf(Buffer.from(first.value!).toString())).toMatchObject([{ event: "chunk", data: { delta: "one " } }]);
    const { stdout } = await fxn(["networks", "status", "--home", home]);
    expect(stdout).toContain("fedai: ready");
    expect(stdout).toContain(KEYS.node.npub);
    expect(await node.stop()).toBe(0);
    expect(node.log()).not.toMatch(/count"|SECRET|nsec1|2222222222/);
    expect((await fxn(["ledger", "--home", home, "--json"])).stdout).toContain('"model": "tiny"');
  });

  test("answers in the wire's words, from the first byte on", async () => {
    await imported();
    const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    expect(await (await get("/health")).json()).toEqual({ ok: true });
    expect((await get("/metrics")).headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    for (const path of ["/health?a", "/health/", "/", "/infer", "/admin/config"]) {
      expect(await errorOf(await get(path))).toEqual([404, "not-found"]);
    }
    expect(await errorOf(await post("/health", "{}"))).toEqual([404, "not-found"]);
    expect(await errorOf(await post("/infer", "x".repeat(10_001)))).toEqual([413, "payload-too-large"]);
    expect(await errorOf(await post("/infer", ""))).toEqual([400, "empty-body"]);
    expect(await errorOf(await post("/infer", "{"))).toEqual([400, "invalid-json"]);
    expect(await errorOf(await post("/offload/rfb", "{"))).toEqual([403, "offload-auction-disabled"]);
  });

  test("a caller who leaves stops the model server", async () => {
    await imported();
    model.behave = stream({ tokens: 100, everyMs: 100 });
    const leaving = new AbortController();
    const answer = await post("/infer/stream", signed("r1"), leaving.signal);
    await answer.body!.getReader().read();
    leaving.abort();
    await until(() => model.received.at(-1)?.abortedAt !== undefined);
  });
});

test("a reload with other settings of a network that is called: 40 streams running, 6 reloads, 2 of them bad: 0 streams broken, 0 requests lost", async () => {
  // Once as long as the deadline of a stop: streams are no part of that.
  await imported({ NODE_RATE_LIMIT_MAX: "100000", NODE_CAPACITY_MAX: "500" });
  let going = true;
  const endless = stream({ tokens: 2000, pace: async () => void (going && (await Bun.sleep(100))) });
  const short = stream({ tokens: WORDS });
  model.behave = (received, response) => (received.body.includes("long") ? endless : short)(received, response);
  const running = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      post("/infer/stream", JSON.stringify(seal(ROUTER, systemClock, { ...ask(`long-${i}`), prompt: "long" }))),
    ),
  );
  expect(running.map(({ status }) => status)).toEqual(running.map(() => 200));
  const texts = running.map((response) => response.text().catch((error: unknown) => `lost: ${error}`));
  let asking = true;
  let asked = 0;
  const wrong: unknown[] = [];
  const callers = [0, 1, 2].map(async (caller) => {
    while (asking) {
      const answer = await post("/infer", signed(`short-${caller}-${asked++}`)).then(
        async (response) => (response.status === 200 ? undefined : `${response.status} ${await response.text()}`),
        String,
      );
      if (answer !== undefined) wrong.push(answer);
    }
  });
  const path = join(home, "config.yaml");
  const right = await Bun.file(path).text();
  const changed = (fedai: object) => {
    const config = parse(right);
    const networks = { ...config.networks, fedai: { ...config.networks.fedai, ...fedai } };
    return stringify({ ...config, networks });
  };
  const steps: readonly (readonly [string, number])[] = [
    [changed({ exposeErrors: true }), 0],
    [changed({ nonsense: true }), 78],
    [changed({ rateLimit: { requests: 90_000 } }), 0],
    [changed({ policies: { maxPromptBytes: "many" } }), 78],
    [changed({ heartbeat: { interval: "3s" } }), 0],
    [right, 0],
  ];
  for (const [text, code] of steps) {
    writeFileSync(path, text);
    expect(await fxn(["reload", "--home", home])).toMatchObject({ code });
    await Bun.sleep(300);
  }
  // Longer than shutdown.deadline, for which the first of them had time to end.
  await Bun.sleep(5000);
  asking = false;
  await Promise.all(callers);
  expect(wrong).toEqual([]);
  expect(asked).toBeGreaterThan(50);
  expect(router.active()[0]?.descriptor.capabilities).not.toEqual([]);
  going = false;
  const ends = (await Promise.all(texts)).map((text) => framesOf(text).at(-1)?.event);
  expect(ends).toEqual(ends.map(() => "final"));
}, 120_000);

describe("beyond kill -9", () => {
  let service: VerifyService;
  beforeEach(() => {
    service = verifyService();
  });
  afterEach(() => service.stop());

  test("replayed message and replayed receipt", async () => {
    const paid = {
      NODE_REQUIRE_PAYMENT: "true",
      NODE_PRICE_OUTPUT_SATS: "1",
      NODE_LN_VERIFY_URL: service.url,
      NODE_ROUTER_FEE_MAX_BPS: "1000",
    };
    const node = await imported(paid);
    expect(await router.infer(ask("r1"))).toMatchObject({ status: 502, error: "payment-required" });
    const { paymentHash, invoice } = paymentOf("e2e");
    const receipt = receiptFor(CLIENT, systemClock, "node-a", inferenceRequest.parse(ask("r1")), 16, {
      paymentHash,
      invoice,
    });
    const body = () => JSON.stringify(seal(ROUTER, systemClock, { ...ask("r1"), paymentReceipts: [receipt] }));
    const sent = body();
    expect((await post("/infer", sent)).status).toBe(200);
    await node.kill();
    await start();
    expect(await errorOf(await post("/infer", sent))).toEqual([400, "nonce-reused"]);
    expect(await errorOf(await post("/infer", body()))).toEqual([400, "payment-receipt-reused"]);
    expect(service.asked).toHaveLength(1);
  });
});

test("SIGTERM: what runs ends first, and new work is refused", async () => {
  const node = await imported();
  model.behave = stream({ tokens: 10, everyMs: 150 });
  const running = await post("/infer/stream", signed("r1"));
  const text = running.text();
  const ended = node.stop();
  await until(async () => {
    const refused = await post("/infer", signed("r2")).catch(() => undefined);
    return refused === undefined || refused.status === 503;
  });
  expect(framesOf(await text).at(-1)?.event).toBe("final");
  expect(await ended).toBe(0);
});
