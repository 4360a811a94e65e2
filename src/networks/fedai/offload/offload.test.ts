// Offload and auction: off by default, peers and router held to their signatures, no circles, and what peers may ask of this node.
import { afterEach, describe, expect, test } from "bun:test";
import { fails, fakePorts, says } from "../../../../test/fakes/fedai-ports.ts";
import {
  CLIENT,
  type FedaiRig,
  fedaiRig,
  framesOf,
  KEYS,
  ROUTER,
  type SettingsInput,
  STRANGER,
  sealedAs,
} from "../../../../test/fakes/fedai-rig.ts";
import { FakeFedaiRouter } from "../../../../test/fakes/fedai-router.ts";
import { serveSession } from "../../../../test/fakes/serve-session.ts";
import { FxnError } from "../../../core/errors.ts";
import { seal } from "../envelope.ts";
import { nodeDescriptor } from "../payloads.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** Another node, under the router's client key, on loopback. */
function peer(input: SettingsInput = {}, key = KEYS.client.privateKeyHex): { rig: FedaiRig; url: string } {
  const rig = fedaiRig(
    { nodeId: "node-b", offload: { auction: true }, ...input },
    "/x",
    fakePorts({ privateKeyHex: key, home: "/x" }),
  );
  rig.ports.generate = says(["from", " the peer"]);
  const served = serveSession(rig.session);
  stops.push(() => served.stop());
  return { rig, url: served.url };
}

const full = (offload: SettingsInput["offload"], more: SettingsInput = {}) =>
  fedaiRig({ capacity: { max: 1, load: 1 }, offload, ...more });
const outputOf = async (rig: FedaiRig, headers = {}) => {
  const { status, body } = await rig.ask("/infer", rig.request(), { headers });
  return [status, body.error ?? body.response.payload.output];
};

describe("peers", () => {
  test("are not asked unless they are named", async () => {
    expect(await outputOf(full({}))).toEqual([503, "offload-unavailable"]);
  });

  test("do what this node has no place for, whole and as one chunk, signed by themselves", async () => {
    const other = peer();
    const rig = full({ peers: [{ endpoint: `${other.url}/`, key: KEYS.client.npub }] });
    const { body } = await rig.ask("/infer", rig.request());
    expect(body.response.payload.output).toBe("from the peer");
    expect(body.response.keyId).toBe(KEYS.client.npub);
    const { text } = await rig.ask("/infer/stream", rig.request());
    expect(framesOf(text).map(({ event, data }) => data.delta ?? event)).toEqual(["from the peer", "final"]);
  });

  test("do what this node's model server failed at; when they cannot, the failure is this node's", async () => {
    const other = peer();
    const rig = fedaiRig({ offload: { peers: [{ endpoint: other.url }] } });
    rig.ports.generate = fails(new FxnError("backend_unreachable", 502, "gone"));
    expect(await outputOf(rig)).toEqual([200, "from the peer"]);
    other.rig.ports.generate = rig.ports.generate;
    expect(await outputOf(rig)).toEqual([503, "offload-unavailable"]);
  });

  test("are not asked to do what the caller got wrong, or was not allowed", async () => {
    const other = peer();
    const rig = full({ peers: [{ endpoint: other.url }] }, { payments: { required: true, unverified: true } });
    expect(await outputOf(rig)).toEqual([402, "payment-required"]);
    expect((await rig.ask("/infer", rig.request({}, STRANGER))).status).toBe(401);
    expect(other.rig.ports.asked).toEqual([]);
  });

  test("that fail are passed over for the next", async () => {
    const other = peer();
    const broken = peer({ access: { allow: [KEYS.oddY.npub] } }, KEYS.oddY.privateKeyHex);
    const peers = [{ endpoint: "http://127.0.0.1:1" }, { endpoint: broken.url }, { endpoint: other.url }];
    expect(await outputOf(full({ peers }))).toEqual([200, "from the peer"]);
  });

  test("answers under another key than the settings name are refused", async () => {
    const other = peer();
    const peers = [{ endpoint: other.url, key: KEYS.oddY.npub }];
    expect(await outputOf(full({ peers }))).toEqual([503, "offload-unavailable"]);
  });

  test.each<[string, (good: GoodAnswer) => unknown]>([
    ["another request's answer", (good) => ({ ...good, response: resigned(good.response, { requestId: "other" }) })],
    ["another key under the metering", (good) => ({ ...good, metering: sealedAs(STRANGER, good.metering) })],
    [
      "a changed output",
      ({ response, metering }) => ({
        response: { ...response, payload: { ...response.payload, output: "!" } },
        metering,
      }),
    ],
    ["no metering", ({ response }) => ({ response })],
    ["no JSON", () => undefined],
  ])("a forged answer: %s", async (_, forge) => {
    const other = peer();
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      async fetch(request) {
        const reply = await fetch(`${other.url}/infer`, { method: "POST", body: await request.text() });
        const good: GoodAnswer = JSON.parse(await reply.text());
        return new Response(JSON.stringify(forge(good)) ?? "no JSON");
      },
    });
    stops.push(() => server.stop(true));
    expect(await outputOf(full({ peers: [{ endpoint: `http://127.0.0.1:${server.port}` }] }))).toEqual([
      503,
      "offload-unavailable",
    ]);
  });

  test("work that was passed on already does not go round", async () => {
    const other = peer();
    const rig = full({ peers: [{ endpoint: other.url }] });
    expect(await outputOf(rig, { "x-fedai-offloaded-by": "node-z" })).toEqual([503, "offload-unavailable"]);
    // Two full nodes that are each other's peers: it ends, and each was asked once.
    const back = peer(
      { capacity: { max: 1, load: 1 }, offload: { peers: [{ endpoint: other.url }] } },
      KEYS.oddY.privateKeyHex,
    );
    expect(await outputOf(full({ peers: [{ endpoint: back.url }] }))).toEqual([503, "offload-unavailable"]);
    expect(other.rig.ports.asked).toEqual([]);
  });
});

interface GoodAnswer {
  readonly response: { payload: Record<string, unknown>; nonce: string; ts: number };
  readonly metering: { payload: Record<string, unknown>; nonce: string; ts: number };
}

const resigned = ({ payload, nonce, ts }: GoodAnswer["response"], changes: object) =>
  sealedAs(CLIENT, { payload: { ...payload, ...changes }, nonce, ts });

describe("the router", () => {
  function withRouter(more: SettingsInput = {}) {
    const rig = fedaiRig();
    const router = new FakeFedaiRouter(ROUTER, rig.ports.clock);
    stops.push(() => router.stop());
    const asking = full(
      { router: true },
      { routers: [{ endpoint: `${router.url}/`, key: KEYS.router.npub }], endpoint: "http://127.0.0.1:1", ...more },
    );
    const register = (nodeId: string, keyId: string, endpoint: string) =>
      router.nodes.set(nodeId, {
        descriptor: nodeDescriptor.parse({
          nodeId,
          keyId,
          endpoint,
          capacity: { maxConcurrent: 4, currentLoad: 0 },
          capabilities: [
            {
              modelId: "mock-chat",
              contextWindow: 0,
              maxTokens: 0,
              pricing: { unit: "token", inputRate: 0, outputRate: 0, currency: "SAT" },
            },
          ],
        }),
        heartbeatAt: router.now(),
        failures: 0,
        cooledUntil: 0,
      });
    return { rig: asking, router, register };
  }

  test("has it done by another node", async () => {
    const { rig, register } = withRouter();
    const other = peer();
    register("node-a", KEYS.node.npub, "http://127.0.0.1:1");
    register("node-b", KEYS.client.npub, other.url);
    expect(await outputOf(rig)).toEqual([200, "from the peer"]);
  });

  test("says no in its own status", async () => {
    const { rig, register } = withRouter();
    expect(await outputOf(rig)).toEqual([403, "router-offload-failed"]);
    register("node-a", KEYS.node.npub, "http://127.0.0.1:1");
    expect(await outputOf(rig)).toEqual([503, "router-offload-failed"]);
  });

  test("cannot be reached", async () => {
    const { rig } = withRouter({ routers: [{ endpoint: "http://127.0.0.1:1", key: KEYS.router.npub }] });
    expect(await outputOf(rig)).toEqual([502, "router-offload-unreachable"]);
  });
});

describe("an auction", () => {
  test("gives the work to the quickest bidder", async () => {
    const slow = peer({ nodeId: "node-c", latencyEstimate: "2s", offload: { auction: true } }, KEYS.oddY.privateKeyHex);
    const quick = peer({ latencyEstimate: "500ms", offload: { auction: true } });
    const busy = peer({ capacity: { max: 1, load: 1 }, offload: { auction: true } }, KEYS.router.privateKeyHex);
    const rig = full({ auction: true, peers: [busy, slow, quick].map(({ url }) => ({ endpoint: url })) });
    expect(await outputOf(rig)).toEqual([200, "from the peer"]);
    expect([busy, slow, quick].map((one) => one.rig.ports.asked.length)).toEqual([0, 0, 1]);
  });

  test("without bids falls back to asking the peers", async () => {
    const other = peer({ offload: { auction: false } });
    expect(await outputOf(full({ auction: true, peers: [{ endpoint: other.url }] }))).toEqual([200, "from the peer"]);
  });
});

describe("/offload/rfb and /offload/award", () => {
  const rfb = (rig: FedaiRig, signer = CLIENT) =>
    seal(signer, rig.ports.clock, {
      requestId: "r",
      sizeEstimate: { tokens: 1, bytes: 1 },
      deadlineMs: rig.ports.clock.now(),
    });
  const award = (rig: FedaiRig, winnerKeyId = KEYS.node.npub) =>
    seal(CLIENT, rig.ports.clock, { requestId: "r", winnerKeyId, awardExpiryMs: rig.ports.clock.now() });
  const on = (offload: SettingsInput["offload"] = {}, more: SettingsInput = {}) =>
    fedaiRig({ offload: { auction: true, ...offload }, ...more });

  test("a bid is a bare envelope: latency by load", async () => {
    const rig = on({}, { capacity: { max: 4, load: 2 } });
    const { status, body } = await rig.ask("/offload/rfb", rfb(rig));
    expect(status).toBe(200);
    expect(body.payload).toEqual({
      requestId: "r",
      nodeId: "node-a",
      etaMs: 2250,
      bidExpiryMs: rig.ports.clock.now() + 800,
    });
    expect(body.keyId).toBe(KEYS.node.npub);
  });

  test("an award is acknowledged, in either spelling of this node's key", async () => {
    const rig = on();
    expect((await rig.ask("/offload/award", award(rig))).body).toEqual({ ok: true });
    expect((await rig.ask("/offload/award", award(rig, KEYS.node.npub.toUpperCase()))).body).toEqual({ ok: true });
  });

  test.each<[string, string, (rig: FedaiRig) => unknown, number, string, FedaiRig?]>([
    ["off", "/offload/rfb", () => "{", 403, "offload-auction-disabled", fedaiRig()],
    ["off", "/offload/award", () => "{", 403, "offload-auction-disabled", fedaiRig()],
    ["no JSON", "/offload/rfb", () => "{", 400, "invalid-json"],
    ["too large, with this route's status", "/offload/rfb", () => "x".repeat(2 ** 23 + 1), 400, "payload-too-large"],
    ["schema", "/offload/rfb", (rig) => award(rig), 400, "invalid-envelope"],
    ["signature", "/offload/rfb", (rig) => ({ ...rfb(rig), sig: "AAAA" }), 401, "invalid-signature"],
    ["allow list", "/offload/rfb", rfb, 403, "offload-auction-not-allowed", on({ auctionAllow: [KEYS.oddY.npub] })],
    ["another's award", "/offload/award", (rig) => award(rig, KEYS.oddY.npub), 403, "award-not-for-node"],
    ["full", "/offload/rfb", rfb, 409, "node-saturated", on({}, { capacity: { max: 1, load: 1 } })],
    ["full", "/offload/award", award, 409, "node-saturated", on({}, { capacity: { max: 1, load: 1 } })],
  ])("%s: %s", async (_, path, body, status, word, rig = on()) => {
    const said = await rig.ask(path, body(rig));
    expect([said.status, said.body.error]).toEqual([status, word]);
  });

  test("a message twice, also on the other route", async () => {
    const rig = on();
    const message = rfb(rig);
    expect((await rig.ask("/offload/rfb", message)).status).toBe(200);
    expect((await rig.ask("/offload/rfb", message)).body.error).toBe("nonce-reused");
  });

  test("the rate is shared by both routes, and unsigned calls do not use up another's", async () => {
    const rig = on({ auctionRate: 2 });
    for (let i = 0; i < 5; i++) await rig.ask("/offload/rfb", { ...rfb(rig), sig: "AAAA" });
    expect((await rig.ask("/offload/rfb", rfb(rig))).status).toBe(200);
    expect((await rig.ask("/offload/award", award(rig))).status).toBe(200);
    const said = await rig.ask("/offload/rfb", rfb(rig));
    expect([said.status, said.body.error]).toEqual([429, "offload-auction-rate-limit"]);
    expect((await rig.ask("/offload/rfb", rfb(rig, STRANGER))).status).toBe(200);
  });
});
