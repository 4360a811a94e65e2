// fed_AI under random faults, on a clock of its own: 10,000 heartbeats, then thousands of paid requests against runners that fail,
// hang and fill up. FXN_SOAK_SEED repeats a run.
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { FxnError } from "../../src/core/errors.ts";
import type { NostrIdentity } from "../../src/core/nostr.ts";
import type { TextCall, TextEnd } from "../../src/core/text.ts";
import type { Fetch } from "../../src/lib/fetch.ts";
import { inferenceRequest } from "../../src/networks/fedai/payloads.ts";
import { type FakePorts, fakePorts } from "../fakes/fedai-ports.ts";
import { type FedaiRig, fedaiRig, KEYS, type SettingsInput } from "../fakes/fedai-rig.ts";
import { FakeFedaiRouter, type Fault, receiptFor } from "../fakes/fedai-router.ts";
import { paymentOf } from "../fakes/lightning.ts";

const SEED = Number(process.env.FXN_SOAK_SEED ?? Date.now() % 1_000_000);
const HEARTBEATS = 10_000;
const REQUESTS = 1000;

/** Signatures are not what is looked at here, and would be all of the time. */
const cheap = ({ npub, pubkey }: { npub: string; pubkey: string }): NostrIdentity => ({
  npub,
  pubkey,
  sign: (digest) => Buffer.concat([digest, digest]),
});
const cheapSchnorr = (_: Uint8Array, digest: Uint8Array, signature: Uint8Array) =>
  Buffer.concat([digest, digest]).equals(signature);
const keyOf = ({ npub, publicKeyXOnlyHex }: { npub: string; publicKeyXOnlyHex: string }) =>
  cheap({ npub, pubkey: publicKeyXOnlyHex });

function randoms(seed: number): () => number {
  let count = 0;
  return () => createHash("sha256").update(`${seed} ${count++}`).digest().readUInt32LE() / 2 ** 32;
}

interface World {
  readonly ports: FakePorts;
  readonly rig: FedaiRig;
  readonly router: FakeFedaiRouter;
  readonly random: () => number;
}

function world(input: SettingsInput): World {
  const random = randoms(SEED);
  const base = fakePorts({ privateKeyHex: KEYS.node.privateKeyHex, home: "/nonexistent" });
  const options = {
    schnorr: cheapSchnorr,
    async send(url: string, { body }: { body: string }): Promise<Response> {
      return rig.respond(new URL(url).pathname, body);
    },
  };
  const router: FakeFedaiRouter = new FakeFedaiRouter(keyOf(KEYS.router), base.clock, options);
  /** Without sockets: what does not answer is given up by the node's own clock. */
  const fetch: Fetch = (url, { method, body, timeoutMs }) =>
    new Promise((resolve, reject) => {
      base.clock.after(timeoutMs, () => reject(new Error("no answer in time")));
      const request = new Request(url, { method: method ?? "GET", ...(body !== undefined && { body }) });
      void router.serve(request).then(async (reply) => {
        resolve({ status: reply.status, headers: reply.headers, body: new Uint8Array(await reply.arrayBuffer()) });
      });
    });
  const ports: FakePorts = Object.assign(base, { identity: keyOf(KEYS.node), schnorr: cheapSchnorr, fetch, random });
  const rig: FedaiRig = fedaiRig(
    { endpoint: "http://node", routers: [{ endpoint: router.url, key: KEYS.router.npub }], ...input },
    "/nonexistent",
    ports,
  );
  return { ports, rig, router, random };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test(`${HEARTBEATS} heartbeats with random faults: the node always comes back, soon (seed ${SEED})`, async () => {
  const { ports, rig, router, random } = world({});
  const faults: readonly Fault[] = ["down", "500", "429", "slow", "lost answer", "twice"];
  const running = new AbortController();
  const run = rig.session.run(running.signal);
  let troubled = 0;
  let longest = 0;
  for (let beat = 0; beat < HEARTBEATS; ) {
    const before = ports.counted.length;
    if (random() < 0.2) router.faults.push(faults[Math.floor(random() * faults.length)] ?? "500");
    if (random() < 0.01) router.restart();
    if (random() < 0.01) router.skew = (random() - 0.5) * 700_000;
    if (random() < 0.05) router.letGo();
    if (router.skew !== 0 && random() < 0.2) router.skew = 0;
    await ports.clock.advance(2000);
    await turn();
    beat += ports.counted.length - before;
    const well = router.faults.length === 0 && router.skew === 0;
    troubled = well && !rig.session.health().ready ? troubled + 2000 : 0;
    longest = Math.max(longest, troubled);
  }
  // The longest rest between two tries is 30 s, and a try may take 5.
  expect(longest).toBeLessThanOrEqual(40_000);
  const words = new Set(router.answers);
  for (const word of words) expect(["ok", "nonce-reused", "ts-out-of-window"]).toContain(word);
  expect(router.answers.filter((word) => word === "ok").length).toBeGreaterThan(HEARTBEATS / 3);
  router.skew = 0;
  running.abort();
  router.stop();
  await run;
}, 600_000);

test(`${REQUESTS} paid requests, runners that time out, fail and fill up: each is paid once and served once (seed ${SEED})`, async () => {
  const { ports, rig, router, random } = world({
    capacity: { max: 4 },
    limits: { runtime: "5s" },
    prices: { input: 1, output: 1 },
    payments: { required: true, unverified: true },
  });
  const client = keyOf(KEYS.client);
  const answered = new Map<string, number>();
  let running = 0;
  let most = 0;
  ports.generate = async function* (call: TextCall): AsyncGenerator<string, TextEnd, void> {
    running += 1;
    most = Math.max(most, running);
    try {
      const how = random();
      if (how < 0.15) throw new FxnError("backend_unreachable", 502, "gone");
      if (how < 0.3)
        await new Promise((_, reject) => call.signal.addEventListener("abort", () => reject(new Error("stopped"))));
      await turn();
      yield "Hel";
      if (how < 0.4) throw new FxnError("text_cut", 502, "cut");
      yield "lo";
      return { reason: "stop", promptTokens: 1, completionTokens: 2 };
    } finally {
      running -= 1;
    }
  };
  const stop = new AbortController();
  const run = rig.session.run(stop.signal);
  await ports.clock.advance(10);
  await turn();
  let served = 0;

  /** As a client does it: unpaid, then paid, then again until it is served, and once more for nothing. */
  async function oneClient(id: number): Promise<void> {
    const { paymentHash, invoice } = paymentOf(`payment ${id}`);
    const request = { requestId: `r${id}`, modelId: "mock-chat", prompt: "hello", maxTokens: 16 };
    const receipt = receiptFor(client, ports.clock, "node-a", inferenceRequest.parse(request), 18, {
      paymentHash,
      invoice,
    });
    for (let attempt = 0; attempt < 200; attempt++) {
      const unpaid = attempt === 0;
      const streamed = !unpaid && random() < 0.3;
      const body = rig.request({ ...request, ...(!unpaid && { paymentReceipts: [receipt] }) }, router.identity);
      const said = await rig.ask(streamed ? "/infer/stream" : "/infer", body);
      const whole = said.status === 200 && !said.text.includes("event: error");
      if (unpaid) expect(said.status).toBe(402);
      if (whole) answered.set(request.requestId, (answered.get(request.requestId) ?? 0) + 1);
      // Replayed and reused, both refused.
      if (random() < 0.1) expect((await rig.ask("/infer", body)).body.error).toBe("nonce-reused");
      if (whole) break;
      await turn();
    }
    const again = rig.request({ ...request, paymentReceipts: [receipt] }, router.identity);
    expect((await rig.ask("/infer", again)).body.error).toBe("payment-receipt-reused");
    served += 1;
  }

  let next = 0;
  const clients = Array.from({ length: 12 }, async () => {
    while (next < REQUESTS) await oneClient(next++);
  });
  let done = false;
  const all = Promise.all(clients).finally(() => {
    done = true;
  });
  while (!done) {
    await turn();
    await ports.clock.advance(250);
  }
  await all;
  expect(served).toBe(REQUESTS);
  expect([...answered.values()].filter((times) => times !== 1)).toEqual([]);
  expect(answered.size).toBe(REQUESTS);
  expect(most).toBeLessThanOrEqual(4);
  expect((await rig.ask("/status")).body.inFlight).toBe(0);
  stop.abort();
  router.stop();
  await run;
}, 600_000);
