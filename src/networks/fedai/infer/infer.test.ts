// POST /infer: each row of the wire's table of checks, in its order, and what is answered when all of them pass.
import { describe, expect, test } from "bun:test";
import { cardOf, fails, says, settled, stuck, verify } from "../../../../test/fakes/fedai-ports.ts";
import {
  CLIENT,
  type FedaiRig,
  fedaiRig,
  KEYS,
  ROUTER,
  type SettingsInput,
  STRANGER,
  sealedAs,
} from "../../../../test/fakes/fedai-rig.ts";
import vectors from "../../../../test/vectors/fed-ai.json";
import { FxnError } from "../../../core/errors.ts";
import type { ModelCard } from "../../../core/inference.ts";
import type { TextCall } from "../../../core/text.ts";
import { seal, signerOf } from "../envelope.ts";
import { inferAnswer } from "../payloads.ts";
import { promptHash } from "../tokens.ts";

const FIVE_MINUTES = 300_000;
const MUTED = CLIENT;

/** With something to break at every row. */
const strict = () =>
  fedaiRig({
    access: { allow: [KEYS.router.npub], follow: [KEYS.router.npub] },
    limits: { promptBytes: 1000, tokens: 4000, requestBytes: 20_000 },
    rateLimit: { requests: 2, window: "1m" },
    payments: { required: true, unverified: true },
    capacity: { max: 1, load: 1 },
  });
const LONG = "x".repeat(1001);
/** Signed by nobody: its shape is looked at first. */
const LOOSE = { nonce: "n", ts: 1, keyId: "k", sig: "s" };
const stale = (rig: FedaiRig, changes: Record<string, unknown>, signer = ROUTER) => {
  const payload = { requestId: "req-1", modelId: "mock-chat", prompt: "hello", maxTokens: 16, ...changes };
  return sealedAs(signer, { payload, nonce: "n", ts: rig.ports.clock.now() - FIVE_MINUTES - 1 });
};

interface Row {
  readonly row: string;
  readonly status: number;
  readonly word: string;
  /** Breaks this row and, wherever it can, those after it. */
  readonly body: (rig: FedaiRig) => unknown;
  readonly rig?: () => FedaiRig;
}

const ROWS: readonly Row[] = [
  { row: "1 bytes", status: 413, word: "payload-too-large", body: () => "{".repeat(20_001) },
  { row: "2 empty", status: 400, word: "empty-body", body: () => "" },
  { row: "2 no JSON", status: 400, word: "invalid-json", body: () => "{" },
  {
    row: "3 schema",
    status: 400,
    word: "invalid-envelope",
    body: (rig) => ({ ...stale(rig, { prompt: LONG, maxTokens: "16" }, STRANGER), keyId: KEYS.oddY.publicKeyXOnlyHex }),
  },
  {
    row: "4 keyId in hex, well signed",
    status: 400,
    word: "invalid-key-id",
    body: (rig) => seal({ ...ROUTER, npub: ROUTER.pubkey }, rig.ports.clock, rig.request().payload),
  },
  {
    row: "4 keyId before signature",
    status: 400,
    word: "invalid-key-id",
    body: (rig) => ({ ...stale(rig, { prompt: LONG }, STRANGER), keyId: KEYS.oddY.publicKeyXOnlyHex, sig: "" }),
  },
  {
    row: "5 signature before lists",
    status: 401,
    word: "invalid-signature",
    body: (rig) => ({ ...stale(rig, { prompt: LONG }, STRANGER), nonce: "other" }),
  },
  {
    row: "7 block before mute",
    status: 403,
    word: "router-blocked",
    body: (rig) => stale(rig, { prompt: LONG }, MUTED),
    rig: () => fedaiRig({ access: { allow: [KEYS.router.npub], block: [KEYS.client.npub], mute: [KEYS.client.npub] } }),
  },
  {
    row: "7 mute before allow",
    status: 403,
    word: "router-muted",
    body: (rig) => stale(rig, { prompt: LONG }, MUTED),
    rig: () => fedaiRig({ access: { allow: [KEYS.router.npub], mute: [KEYS.client.npub] } }),
  },
  {
    row: "8 allow before follow",
    status: 401,
    word: "router-not-allowed",
    body: (rig) => stale(rig, { prompt: LONG }, STRANGER),
  },
  {
    row: "9 follow before limits",
    status: 403,
    word: "router-not-followed",
    body: (rig) => stale(rig, { prompt: LONG }),
    rig: () => fedaiRig({ access: { allow: [KEYS.router.npub], follow: [KEYS.client.npub] } }),
  },
  {
    row: "11 prompt before tokens",
    status: 413,
    word: "prompt-too-large",
    body: (rig) => stale(rig, { prompt: LONG, maxTokens: 5000 }),
  },
  {
    row: "12 tokens before window",
    status: 400,
    word: "max-tokens-exceeded",
    body: (rig) => stale(rig, { maxTokens: 5000 }),
  },
  {
    row: "13 window before replay",
    status: 400,
    word: "context-window-exceeded",
    body: (rig) => stale(rig, { prompt: "x".repeat(400), maxTokens: 3997 }),
  },
  { row: "14 time before payment", status: 400, word: "ts-out-of-window", body: (rig) => stale(rig, {}) },
  { row: "15 payment before capacity", status: 402, word: "payment-required", body: (rig) => rig.request() },
  {
    row: "17 capacity",
    status: 503,
    word: "offload-unavailable",
    body: (rig) => rig.request(),
    rig: () => fedaiRig({ capacity: { max: 1, load: 1 } }),
  },
];

describe("checks, in the wire's order", () => {
  for (const path of ["/infer", "/infer/stream"]) {
    test.each(ROWS)(`${path}: $row`, async ({ status, word, body, rig = strict }) => {
      const it = rig();
      const said = await it.ask(path, body(it));
      expect({ status: said.status, error: said.body.error }).toEqual({ status, error: word });
      expect(it.ports.asked).toEqual([]);
    });
  }

  test("10 rate before limits, and its window ends", async () => {
    const rig = fedaiRig({ rateLimit: { requests: 2, window: "1m" }, limits: { promptBytes: 10 } });
    for (let i = 0; i < 2; i++) expect((await rig.ask("/infer", rig.request())).status).toBe(200);
    const said = await rig.ask("/infer", rig.request({ prompt: LONG }));
    expect([said.status, said.body]).toEqual([429, { error: "rate-limited" }]);
    await rig.ports.clock.advance(60_000);
    expect((await rig.ask("/infer", rig.request())).status).toBe(200);
  });

  test("3 says what is wrong, and where", async () => {
    const rig = fedaiRig();
    const { body } = await rig.ask("/infer", { ...rig.request({ maxTokens: null, temperature: null }), extra: 1 });
    expect(body.error).toBe("invalid-envelope");
    const other = await rig.ask("/infer", rig.request({ temperature: null }));
    expect(other.body.details[0]).toStartWith("payload: temperature: ");
  });

  test("14 the same nonce twice", async () => {
    const rig = strict();
    const request = rig.request();
    expect((await rig.ask("/infer", request)).body.error).toBe("payment-required");
    const again = await rig.ask("/infer/stream", request);
    expect([again.status, again.body.error]).toEqual([400, "nonce-reused"]);
  });

  test("two signers may use one nonce", async () => {
    const rig = fedaiRig({ access: { open: true } });
    const { payload, nonce, ts } = rig.request();
    for (const signer of [ROUTER, CLIENT]) {
      expect((await rig.ask("/infer", sealedAs(signer, { payload, nonce, ts }))).status).toBe(200);
    }
    const again = sealedAs(ROUTER, { payload, nonce, ts: ts + 1 });
    expect((await rig.ask("/infer", again)).body.error).toBe("nonce-reused");
  });

  test("a store of nonces that fails lets nobody in", async () => {
    const rig = fedaiRig();
    rig.ports.replay.broken = true;
    const said = await rig.ask("/infer", rig.request());
    expect([said.status, said.body.error]).toEqual([503, "nonce-store-unavailable"]);
    expect(rig.ports.asked).toEqual([]);
  });

  test("a budget without places is a full node", async () => {
    const rig = fedaiRig();
    rig.ports.admission = { places: 0, reason: "quiet hours" };
    const said = await rig.ask("/infer", rig.request());
    expect([said.status, said.body.error]).toEqual([503, "offload-unavailable"]);
    expect((await rig.ask("/status")).body.capacity).toEqual({ maxConcurrent: 4, currentLoad: 4 });
  });

  test("a node whose model servers are all dead is a full one, and says so", async () => {
    const rig = fedaiRig();
    rig.ports.servers = [{ kind: "vllm", origin: "http://127.0.0.1:8000", names: [], works: false }];
    const said = await rig.ask("/infer", rig.request());
    expect([said.status, said.body.error]).toEqual([503, "offload-unavailable"]);
    expect(rig.ports.asked).toEqual([]);
    const { body } = await rig.ask("/status");
    expect(body.runner.health).toEqual({ ok: false, detail: "no model server works" });
    expect(body.capacity).toEqual({ maxConcurrent: 4, currentLoad: 4 });
    expect(rig.session.health()).toEqual({ ready: false, reasons: ["no model server works"] });
    rig.ports.servers = [
      ...rig.ports.servers,
      { kind: "vllm", origin: "http://127.0.0.1:8001", names: [], works: true },
    ];
    expect((await rig.ask("/status")).body.capacity.currentLoad).toBe(0);
    expect((await rig.ask("/infer", rig.request())).status).toBe(200);
  });

  test("an unknown model, and token counts that are none, reach no model server", async () => {
    const rig = fedaiRig();
    expect((await rig.ask("/infer", rig.request({ modelId: "other" }))).body.error).toBe("unknown-model");
    for (const maxTokens of [-1.5, -1, 0.5, 1e300]) {
      const said = await rig.ask("/infer", rig.request({ maxTokens }));
      expect([said.status, said.body.error]).toEqual([400, "invalid-max-tokens"]);
    }
    expect(rig.ports.asked).toEqual([]);
  });
});

describe("attacks", () => {
  test("npub in upper case against a block list", async () => {
    const rig = fedaiRig({ access: { open: true, block: [KEYS.router.npub] } });
    const loud = { ...ROUTER, npub: ROUTER.npub.toUpperCase() };
    const said = await rig.ask("/infer", seal(loud, rig.ports.clock, rig.request().payload));
    expect([said.status, said.body.error]).toEqual([403, "router-blocked"]);
  });

  test("replay by writing the signature in another base64", async () => {
    const rig = fedaiRig();
    const request = rig.request();
    expect((await rig.ask("/infer", request)).status).toBe(200);
    const sig = Buffer.from(request.sig, "base64").toString("base64url");
    expect((await rig.ask("/infer", { ...request, sig })).body.error).toBe("nonce-reused");
    const keyId = request.keyId.toUpperCase();
    expect((await rig.ask("/infer", { ...request, keyId })).body.error).toBe("invalid-signature");
  });

  for (const { name, envelope, http } of vectors.signatureNegatives) {
    if (!http || typeof http.error !== "string") continue;
    test(`signature: ${name}`, async () => {
      const rig = fedaiRig();
      rig.ports.clock.jump(1_735_689_600_123 - rig.ports.clock.now());
      const said = await rig.ask("/infer", envelope);
      expect([said.status, said.body.error]).toEqual(
        http.error === "invalid-key-id" ? [400, "invalid-key-id"] : [401, "invalid-signature"],
      );
    });
  }

  test("a body nested a hundred thousand deep", async () => {
    const rig = fedaiRig({ limits: { requestBytes: "1MB" } });
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const request = JSON.stringify(rig.request()).replace('"prompt"', `"deep":${deep},"prompt"`);
    const said = await rig.ask("/infer", request);
    expect(said.status).toBe(400);
  });

  test.each<[string, unknown]>([
    ["receipts", { paymentReceipts: Array.from({ length: 150_000 }, () => ({})) }],
    ["metadata", { metadata: Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`k${i}`, i])) }],
    ["splits", { paymentReceipts: [{ ...LOOSE, payload: { splits: Array.from({ length: 100_000 }, () => ({})) } }] }],
  ])("a hundred thousand %s, each with a fault in it, are not looked at", async (_, payload) => {
    const rig = fedaiRig({ limits: { requestBytes: "2MB" } });
    const before = performance.now();
    const said = await rig.ask("/infer", { ...LOOSE, payload });
    expect(performance.now() - before).toBeLessThan(1000);
    expect([said.status, said.body.error]).toEqual([400, "invalid-envelope"]);
    expect(said.body.details.some((line: string) => /more than \d+ entries/.test(line))).toBe(true);
    expect(said.text.length).toBeLessThan(5000);
  });

  test("a name as long as the body is not said back", async () => {
    const rig = fedaiRig();
    const said = await rig.ask("/infer", { ...LOOSE, payload: {}, ["x".repeat(100_000)]: 1 });
    expect([said.status, said.body.error]).toEqual([400, "invalid-envelope"]);
    expect(said.text.length).toBeLessThan(5000);
  });

  test("members named __proto__ are signed like any other", async () => {
    const rig = fedaiRig();
    const payload = JSON.parse(
      '{"__proto__":{"modelId":"x"},"requestId":"r","modelId":"mock-chat","prompt":"p","maxTokens":1}',
    );
    const request = JSON.stringify(seal(ROUTER, rig.ports.clock, payload));
    expect(request).toContain("__proto__");
    expect((await rig.ask("/infer", request)).status).toBe(200);
    const stripped = JSON.stringify(seal(ROUTER, rig.ports.clock, payload)).replace('"__proto__":{"modelId":"x"},', "");
    expect((await rig.ask("/infer", stripped)).body.error).toBe("invalid-signature");
  });

  test("a query behind the path", async () => {
    const rig = fedaiRig();
    for (const path of ["/health", "/status", "/metrics"]) {
      expect((await rig.ask(path, undefined, { search: "?a" })).body).toEqual({ error: "not-found" });
    }
  });
});

describe("an answer", () => {
  test("is two envelopes that the router's checks pass", async () => {
    const rig = fedaiRig();
    rig.ports.generate = says(["Hé", "", "llo ✓"], 12, 34);
    const prompt = "Zażółć";
    const { status, body } = await rig.ask("/infer", rig.request({ prompt, temperature: 0.7, topP: 0.95 }), {
      id: "req_7",
    });
    expect(status).toBe(200);
    const { response, metering } = inferAnswer.parse(body);
    for (const one of [response, metering]) {
      expect(one.keyId).toBe(KEYS.node.npub);
      expect(signerOf(one, verify)).toEqual({ pubkey: KEYS.node.publicKeyXOnlyHex });
    }
    expect(response.nonce).not.toBe(metering.nonce);
    expect(response.payload).toMatchObject({
      requestId: "req-1",
      modelId: "mock-chat",
      output: "Héllo ✓",
      usage: { inputTokens: 12, outputTokens: 34 },
    });
    expect(metering.payload).toMatchObject({
      requestId: "req-1",
      nodeId: "node-a",
      promptHash: promptHash(prompt),
      inputTokens: 12,
      outputTokens: 34,
      wallTimeMs: response.payload.latencyMs,
      bytesIn: 10,
      bytesOut: 10,
    });
    expect(rig.ports.asked[0]).toMatchObject({
      id: "req_7",
      network: "fedai",
      caller: KEYS.router.publicKeyXOnlyHex,
      model: "mock-chat",
      prompt,
      maxTokens: 16,
      temperature: 0.7,
      topP: 0.95,
    });
  });

  const bothRoutes = ["/v1/chat/completions", "/v1/completions"];
  const hello = [{ role: "user", content: "hello" }];
  test.each<[string, Partial<ModelCard>, SettingsInput["mode"], TextCall["prompt"]]>([
    ["a model that continues texts", { kinds: ["vllm"] }, "auto", "hello"],
    ["a model without /v1/completions", { kinds: ["vllm"], routes: ["/v1/chat/completions"] }, "auto", hello],
    ["a model without chat", { kinds: ["openai"], routes: ["/v1/completions"] }, "auto", "hello"],
    ["a model of openai", { kinds: ["openai"] }, "auto", hello],
    ["a model of openai that the operator knows better", { kinds: ["openai"] }, "completion", "hello"],
    ["a model of anthropic", { kinds: ["anthropic"], routes: ["/v1/chat/completions"] }, "auto", hello],
    ["what the operator says", { kinds: ["custom"] }, "chat", hello],
  ])("a prompt as it suits %s", async (_, card, mode, prompt) => {
    const rig = fedaiRig({ mode });
    rig.ports.models = () => [cardOf("mock-chat", { routes: bothRoutes, ...card })];
    expect((await rig.ask("/infer", rig.request())).status).toBe(200);
    expect(rig.ports.asked[0]?.prompt).toEqual(prompt);
  });

  test.each<[SettingsInput["mode"], string[]]>([
    ["auto", ["/v1/embeddings"]],
    ["completion", ["/v1/chat/completions"]],
    ["chat", ["/v1/completions"]],
  ])("a model that cannot answer is not offered: mode %s, routes %s", async (mode, routes) => {
    const rig = fedaiRig({ mode });
    rig.ports.models = () => [cardOf("mock-chat", { routes })];
    expect((await rig.ask("/infer", rig.request())).body.error).toBe("unknown-model");
    expect(rig.session.health().reasons).toContain("no model is offered");
  });

  describe("a model whose server does not have /v1/completions, though its entry says so", () => {
    const chatAlone = (rig: FedaiRig) => {
      const missing = fails(new FxnError("backend_route_missing", 502, "the model server answered 404"));
      rig.ports.generate = (call) => (typeof call.prompt === "string" ? missing() : says(["said"])(call));
      return rig;
    };
    const routesAsked = ({ ports }: FedaiRig) => ports.asked.map(({ prompt }) => typeof prompt);

    test("has the prompt said to it, and that is kept in mind", async () => {
      const rig = chatAlone(fedaiRig());
      for (let i = 0; i < 2; i++) {
        expect((await rig.ask("/infer", rig.request())).body.response.payload.output).toBe("said");
      }
      expect(routesAsked(rig)).toEqual(["string", "object", "object"]);
    });

    test.each<[string, SettingsInput["mode"], string[]]>([
      ["mode: completion", "completion", bothRoutes],
      ["no chat either", "auto", ["/v1/completions"]],
    ])("fails with %s", async (_, mode, routes) => {
      const rig = chatAlone(fedaiRig({ mode }));
      rig.ports.models = () => [cardOf("mock-chat", { routes })];
      expect((await rig.ask("/infer", rig.request())).status).toBe(500);
      expect(routesAsked(rig)).toEqual(["string"]);
    });
  });

  test("a first word that takes longer than it may: 504, though the whole has time left", async () => {
    const rig = fedaiRig({ limits: { firstWord: "1s", runtime: "1m" } });
    const upstream = stuck();
    rig.ports.generate = upstream.generate;
    const asked = rig.ask("/infer", rig.request());
    await upstream.started;
    await rig.ports.clock.advance(1000);
    expect((await asked).body).toEqual({ error: "runner-timeout" });
    expect(upstream.signal().aborted).toBe(true);
    upstream.end();
  });

  test("what comes after a first word in time may take longer", async () => {
    const rig = fedaiRig({ limits: { firstWord: "1s" } });
    const { clock } = rig.ports;
    rig.ports.generate = async function* () {
      yield "a";
      await clock.advance(2000);
      yield "b";
      return { reason: "stop", promptTokens: null, completionTokens: null };
    };
    expect((await rig.ask("/infer", rig.request())).body.response.payload.output).toBe("ab");
  });

  test("estimates tokens that nobody counted", async () => {
    const rig = fedaiRig();
    rig.ports.generate = says(["12345"], null, null);
    const { body } = await rig.ask("/infer", rig.request({ prompt: "abcde" }));
    expect(body.response.payload.usage).toEqual({ inputTokens: 2, outputTokens: 2 });
  });

  test("runner timeout: 504, the work stopped upstream, its place free when it has ended", async () => {
    const rig = fedaiRig({ limits: { runtime: "1s" }, capacity: { max: 1 } });
    const upstream = stuck();
    rig.ports.generate = upstream.generate;
    const asked = rig.ask("/infer", rig.request());
    await upstream.started;
    await rig.ports.clock.advance(1000);
    const said = await asked;
    expect([said.status, said.body]).toEqual([504, { error: "runner-timeout" }]);
    expect(upstream.signal().aborted).toBe(true);
    expect((await rig.ask("/infer", rig.request())).status).toBe(503);
    upstream.end();
    await settled();
    rig.ports.generate = says(["ok"]);
    expect((await rig.ask("/infer", rig.request())).status).toBe(200);
  });

  test("a caller who leaves stops the work", async () => {
    const rig = fedaiRig();
    const upstream = stuck();
    rig.ports.generate = upstream.generate;
    const leaving = new AbortController();
    const asked = rig.ask("/infer", rig.request(), { signal: leaving.signal });
    await upstream.started;
    leaving.abort();
    expect((await asked).status).toBe(499);
    expect(upstream.signal().aborted).toBe(true);
  });

  test.each([
    ["queue_full", 429, 503, "offload-unavailable"],
    ["network_rests", 503, 503, "offload-unavailable"],
    ["model_not_found", 404, 400, "unknown-model"],
    ["backend_unreachable", 502, 503, "offload-unavailable"],
    ["no_backend_available", 502, 503, "offload-unavailable"],
    ["backend_busy", 503, 503, "offload-unavailable"],
    ["backend_error", 502, 500, "internal-error"],
    ["text_cut", 502, 500, "internal-error"],
  ])("%s of the inference service", async (code, from, status, word) => {
    const rig = fedaiRig();
    rig.ports.generate = fails(new FxnError(code, from, "the model server said: my prompt was hello"));
    const said = await rig.ask("/infer", rig.request());
    expect([said.status, said.body]).toEqual([status, { error: word }]);
  });

  test("says why it failed only when it is told to; the log never holds what a model server said", async () => {
    const rig = fedaiRig({ exposeErrors: true });
    rig.ports.generate = fails(new FxnError("backend_error", 502, "no\u001b[31m luck\nwith hello"));
    expect((await rig.ask("/infer", rig.request())).body).toEqual({
      error: "internal-error",
      details: ["no [31m luck with hello"],
    });
    expect(JSON.stringify(rig.ports.log.lines)).not.toContain("hello");
  });

  test("is counted under the network's own names", async () => {
    const rig = fedaiRig({ payments: { required: true, unverified: true } });
    expect((await rig.ask("/metrics")).text).toContain("node_payment_receipt_failures_total 0");
    await rig.ask("/infer", rig.request());
    const { text } = await rig.ask("/metrics");
    expect(text).toContain('node_inference_requests_total{status="402"} 1');
    expect(text).toContain("node_payment_receipt_failures_total 1");
    expect(text).toContain('node_inference_duration_seconds_bucket{le="0.005"}');
    expect(text).toContain("process_cpu_seconds_total");
    expect(rig.ports.counted).toEqual(["infer payment-required", "work refused"]);
  });
});
