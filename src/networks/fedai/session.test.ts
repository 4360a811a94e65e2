// The session against a router as strict as the real one: registration under faults, truthful load, work, payment, and its end.
import { afterEach, describe, expect, test } from "bun:test";
import { fakePorts, says, settled, stuck } from "../../../test/fakes/fedai-ports.ts";
import { CLIENT, fedaiRig, KEYS, ROUTER, type SettingsInput } from "../../../test/fakes/fedai-rig.ts";
import { FakeFedaiRouter, receiptFor } from "../../../test/fakes/fedai-router.ts";
import { paymentOf, verifyService } from "../../../test/fakes/lightning.ts";
import { type ServedSession, serveSession } from "../../../test/fakes/serve-session.ts";

const stops: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** A node on loopback, registered with that router when it runs. */
function started(input: SettingsInput = {}, options: { router?: FakeFedaiRouter; nodeId?: string; key?: string } = {}) {
  const ports = fakePorts({ privateKeyHex: options.key ?? KEYS.node.privateKeyHex, home: "/nonexistent" });
  const router = options.router ?? new FakeFedaiRouter(ROUTER, ports.clock);
  if (!options.router) stops.push(() => router.stop());
  // The endpoint is known when it is served, which needs a session: this port is asked for before.
  const reserved = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(null, { status: 503 }) });
  const url = `http://127.0.0.1:${reserved.port}`;
  const rig = fedaiRig(
    {
      nodeId: options.nodeId ?? "node-a",
      endpoint: `${url}/`,
      routers: [{ endpoint: `${router.url}/`, key: KEYS.router.npub }],
      ...input,
    },
    "/nonexistent",
    ports,
  );
  const served: ServedSession = serveSession(rig.session, reserved);
  stops.push(() => served.stop());
  const running = new AbortController();
  const run = rig.session.run(running.signal);
  stops.push(async () => {
    running.abort();
    router.letGo();
    await run;
  });
  return { rig, router, ports };
}

type Started = ReturnType<typeof started>;

/** Time goes on while sockets are waited for. */
async function until({ ports }: Pick<Started, "ports">, condition: () => boolean, step = 100): Promise<void> {
  for (let i = 0; i < 5000; i++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
    await ports.clock.advance(step);
  }
  throw new Error("it never came to that");
}

const REQUEST = { requestId: "req-1", modelId: "mock-chat", prompt: "hello", maxTokens: 16 };
const fresh = () => ({ ...REQUEST, requestId: crypto.randomUUID() });

describe("registration", () => {
  test("says who it is, where, what it has and what it costs, without slashes at the ends", async () => {
    const it = started({
      jobTypes: ["GEN_CHUNK"],
      latencyEstimate: "1s",
      prices: { input: 0.5 },
      limits: { tokens: 1000 },
    });
    await until(it, () => it.router.answers.includes("ok"));
    expect(it.router.nodes.get("node-a")?.descriptor).toMatchObject({
      keyId: KEYS.node.npub,
      capacity: { maxConcurrent: 4, currentLoad: 0 },
      capabilities: [
        {
          modelId: "mock-chat",
          contextWindow: 4096,
          maxTokens: 1000,
          pricing: { unit: "token", inputRate: 0.5, outputRate: 0, currency: "SAT" },
          latencyEstimateMs: 1000,
          jobTypes: ["GEN_CHUNK"],
        },
      ],
    });
    await until(it, () => it.rig.session.health().ready);
    expect(it.rig.session.status()).toContainEqual({
      name: "announced as",
      value: expect.stringContaining("127.0.0.1"),
    });
  });

  test("goes on, often enough for routers, and no two messages share a nonce", async () => {
    const it = started();
    await until(it, () => it.router.answers.length >= 5, 500);
    expect(new Set(it.router.answers)).toEqual(new Set(["ok"]));
    // Not more often than it is told to, either: 5 calls are 4 intervals.
    expect(it.ports.clock.monotonic()).toBeGreaterThan(4 * 9000);
    expect(it.router.active()).toHaveLength(1);
  });

  test("does not invent a node id that others have", async () => {
    const it = started({ nodeId: undefined });
    await until(it, () => it.router.answers.includes("ok"));
    expect([...it.router.nodes.keys()]).toEqual([`fxn-${KEYS.node.publicKeyXOnlyHex.slice(0, 16)}`]);
  });

  test("comes back after every kind of fault, slower while they last", async () => {
    const it = started({ heartbeat: { timeout: "100ms" } });
    it.router.faults.push("500", "down", "429", "lost answer", "twice");
    await until(it, () => it.router.answers.filter((one) => one === "ok").length >= 3, 500);
    // The duplicate of one message was refused, and the next one was another.
    expect(it.router.answers).toContain("nonce-reused");
    await until(it, () => it.rig.session.health().ready);
    const warned = it.ports.log.lines.filter(({ level }) => level === "warn");
    expect(warned.map(({ fields }) => String(fields.trouble).split(" ")[0])).toEqual([
      "500",
      expect.stringContaining("127.0.0.1"),
      "429",
      expect.stringContaining("127.0.0.1"),
      "400",
    ]);
  });

  test("a router that was started anew has the node again within its interval", async () => {
    const it = started();
    await until(it, () => it.router.nodes.size === 1);
    it.router.restart();
    const from = it.ports.clock.monotonic();
    await until(it, () => it.router.nodes.size === 1);
    expect(it.ports.clock.monotonic() - from).toBeLessThan(15_000);
  });

  test("a clock that is off is said, and seen by the doctor", async () => {
    const it = started();
    it.router.skew = 400_000;
    await until(it, () => it.router.answers.includes("ts-out-of-window"));
    await until(it, () => it.rig.session.status().some(({ value }) => value.includes("ts-out-of-window")));
    expect(it.rig.session.health().reasons).toEqual(["no router has this node registered"]);
    const check = it.rig.session.checks().find(({ id }) => id === "fedai.router");
    expect(await check?.run(new AbortController().signal)).toMatchObject({ state: "fail" });
  });

  test("several routers do not wait for each other", async () => {
    const it = started();
    const other = new FakeFedaiRouter(CLIENT, it.ports.clock);
    stops.push(() => other.stop());
    const both = started(
      { routers: [{ endpoint: it.router.url }, { endpoint: other.url, key: KEYS.client.npub }] },
      { router: it.router, nodeId: "node-b", key: KEYS.oddY.privateKeyHex },
    );
    it.router.faults.push("slow", "slow");
    await until(both, () => other.nodes.has("node-b"));
    expect(other.nodes.has("node-b")).toBe(true);
  });

  test("a router that never answers is given up in time, and asked again", async () => {
    const it = started({ heartbeat: { timeout: "50ms" } });
    it.router.faults.push("slow");
    await until(it, () => it.router.answers.includes("ok"));
    expect(it.ports.counted).toContain("register failed");
  });

  test("models that are gone are not announced", async () => {
    const it = started();
    it.ports.models = () => [];
    await until(it, () => it.router.nodes.get("node-a")?.descriptor.capabilities.length === 0);
    expect(it.rig.session.health().reasons).toContain("no model is offered");
  });
});

describe("load", () => {
  test("is announced soon after it changes, and a full node is full for the router", async () => {
    const it = started({ capacity: { max: 1 } });
    await until(it, () => it.router.answers.includes("ok"));
    const upstream = stuck();
    it.ports.generate = upstream.generate;
    const asked = it.router.infer(fresh());
    await upstream.started;
    const from = it.ports.clock.monotonic();
    await until(it, () => it.router.nodes.get("node-a")?.descriptor.capacity.currentLoad === 1);
    expect(it.ports.clock.monotonic() - from).toBeLessThan(3000);
    upstream.end();
    await asked;
    await until(it, () => it.router.nodes.get("node-a")?.descriptor.capacity.currentLoad === 0);
  });

  test("of the budget counts as the node's own", async () => {
    const it = started();
    it.ports.admission = { places: 1, reason: undefined };
    await until(it, () => it.router.nodes.get("node-a")?.descriptor.capacity.currentLoad === 3);
    it.ports.admission = { places: 0, reason: "quiet hours" };
    await until(it, () => it.router.nodes.get("node-a")?.descriptor.capacity.currentLoad === 4);
  });
});

describe("work", () => {
  test("a client's request comes through the router and back, whole and streamed", async () => {
    const it = started();
    it.ports.generate = says(["Hel", "lo"]);
    await until(it, () => it.router.answers.includes("ok"));
    expect(await it.router.infer(fresh())).toEqual({ status: 200, output: "Hello" });
    expect(await it.router.stream(fresh())).toEqual({ status: 200, output: "Hello", deltas: ["Hel", "lo"] });
    expect(it.ports.asked).toHaveLength(2);
  });

  test("the same client's message twice is run once", async () => {
    const it = started();
    await until(it, () => it.router.answers.includes("ok"));
    const request = fresh();
    expect((await it.router.infer(request, "n")).status).toBe(200);
    expect(await it.router.infer(request, "n")).toMatchObject({ status: 502, error: "nonce-reused" });
    expect(it.ports.asked).toHaveLength(1);
  });

  test("a router whose clock is off is refused, and cools the node down after three", async () => {
    const it = started();
    await until(it, () => it.router.answers.includes("ok"));
    it.router.skew = -301_000;
    for (let i = 0; i < 3; i++) expect(await it.router.infer(fresh())).toMatchObject({ error: "ts-out-of-window" });
    expect(it.router.active()).toEqual([]);
  });

  test("a full node is passed over for the next one", async () => {
    const it = started({ capacity: { max: 1 } });
    const other = started({}, { router: it.router, nodeId: "node-b", key: KEYS.oddY.privateKeyHex });
    await until(it, () => it.router.nodes.has("node-a"));
    await until(other, () => it.router.nodes.has("node-b"));
    const upstream = stuck();
    it.ports.generate = upstream.generate;
    const first = it.router.infer(fresh());
    await upstream.started;
    expect((await it.router.infer(fresh())).output).toBe("Hello");
    upstream.end();
    await first;
  });

  test("production flow of a payment: asked for, paid, served once", async () => {
    const service = verifyService();
    stops.push(() => service.stop());
    const it = started({ prices: { input: 1, output: 1 }, payments: { required: true, verify: { url: service.url } } });
    await until(it, () => it.router.answers.includes("ok"));
    const request = fresh();
    expect(await it.router.infer(request)).toMatchObject({ error: "payment-required" });
    const { paymentHash, invoice } = paymentOf("flow");
    const receipt = receiptFor(CLIENT, it.ports.clock, "node-a", request, 18, { paymentHash, invoice });
    const paid = JSON.parse(JSON.stringify({ ...request, paymentReceipts: [receipt] }));
    expect((await it.router.infer(paid)).output).toBe("Hello");
    expect(await it.router.infer(paid)).toMatchObject({ error: "payment-receipt-reused" });
    expect(it.ports.asked).toHaveLength(1);
  });
});

describe("the end", () => {
  test("draining takes no new work, says so to the router, and lets what runs end", async () => {
    const it = started();
    await until(it, () => it.router.answers.includes("ok"));
    const upstream = stuck();
    it.ports.generate = upstream.generate;
    const asked = it.router.infer(fresh());
    await upstream.started;
    let drained = false;
    const draining = it.rig.session.drain(new AbortController().signal).then(() => {
      drained = true;
    });
    await until(it, () => it.router.nodes.get("node-a")?.descriptor.capacity.currentLoad === 4);
    expect((await it.rig.ask("/infer", it.rig.request())).status).toBe(503);
    expect(drained).toBe(false);
    upstream.end();
    await asked;
    await draining;
    await settled();
  });

  test("a node that has nothing to do says that it stops before it does, and offers no model any more", async () => {
    const it = started();
    await until(it, () => it.rig.session.health().ready);
    await it.rig.session.drain(new AbortController().signal);
    expect(it.router.nodes.get("node-a")?.descriptor).toMatchObject({
      capacity: { maxConcurrent: 4, currentLoad: 4 },
      capabilities: [],
    });
  });

  test("a router that does not answer does not keep a node from stopping", async () => {
    const it = started();
    await until(it, () => it.rig.session.health().ready);
    it.router.faults.push("slow");
    let drained = false;
    void it.rig.session.drain(new AbortController().signal).then(() => {
      drained = true;
    });
    const from = it.ports.clock.monotonic();
    await until(it, () => drained);
    expect(it.ports.clock.monotonic() - from).toBeLessThan(3000);
  });

  test("draining does not wait longer than it may", async () => {
    const it = started();
    const upstream = stuck();
    it.ports.generate = upstream.generate;
    const asked = it.rig.ask("/infer", it.rig.request());
    await upstream.started;
    await it.rig.session.drain(AbortSignal.abort());
    upstream.end();
    await asked;
  });
});

describe("settings that cannot be served", () => {
  test.each<[string, SettingsInput, string]>([
    ["nobody may call", { access: {} }, "does not say who may call"],
    ["half of a certificate", { tls: { certFile: "a" } }, "belong together"],
    ["a policy without limits", { sandbox: { mode: "restricted", runners: ["vllm"] } }, "limits.promptBytes"],
  ])("%s", (_, input, message) => {
    expect(() => fedaiRig(input)).toThrow(message);
  });
});
