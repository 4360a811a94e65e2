// The manifest: signed as the network's vectors are, complete, with nothing invented, and taken by routers and relays.
import { afterEach, describe, expect, test } from "bun:test";
import { fakePorts, verify } from "../../../../test/fakes/fedai-ports.ts";
import { fedaiRig, KEYS, ROUTER } from "../../../../test/fakes/fedai-rig.ts";
import { FakeFedaiRouter } from "../../../../test/fakes/fedai-router.ts";
import { fakeRelay } from "../../../../test/fakes/nostr-relay.ts";
import { realRelay } from "../../../../test/sandbox/nostr-relay.ts";
import vectors from "../../../../test/vectors/fed-ai.json";
import { canonicalJson } from "../canonical.ts";
import { digestOf, isSigned } from "../envelope.ts";
import type { FedaiNode } from "../fedai-node.ts";
import { Load } from "../load.ts";
import { fedaiMetrics } from "../metrics.ts";
import { settings } from "../settings.ts";
import { Tracer } from "../tracing/tracer.ts";
import { bandsOf } from "./bands.ts";
import { manifestOf, signedManifest } from "./manifest.ts";
import { manifestEvent, publishManifest, sendManifest } from "./publish.ts";

const never = new AbortController().signal;
const stops: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function node(input = {}): FedaiNode {
  const ports = fakePorts({ privateKeyHex: KEYS.node.privateKeyHex, home: "/nonexistent" });
  const parsed = settings.parse({ limits: { tokens: 256 }, ...input });
  const load = new Load(
    parsed.capacity,
    () => 4,
    () => {},
  );
  return {
    settings: parsed,
    ports,
    nodeId: "node-a",
    load,
    metrics: fedaiMetrics(),
    tracer: new Tracer(undefined, "node-a", ports),
    onlyChat: new Set(),
  };
}
const MACHINE = { cpus: 8, memoryBytes: 16 * 2 ** 30 };

describe("a manifest", () => {
  test("of the vectors has their text, digest and signatures", () => {
    const { manifest, canonical, sha256Hex, signed, sigAuxZeroBase64, negatives } = vectors.manifest;
    expect(canonicalJson(manifest)).toBe(canonical);
    expect(Buffer.from(digestOf(manifest)).toString("hex")).toBe(sha256Hex);
    const { signature, ...rest } = signed;
    const pubkey = KEYS.node.publicKeyXOnlyHex;
    for (const sig of [sigAuxZeroBase64, signature.signature]) expect(isSigned(verify, pubkey, rest, sig)).toBe(true);
    expect(isSigned(verify, pubkey, { ...rest, id: "other" }, signature.signature)).toBe(false);
    const bytes = negatives.find(({ canonicalWithNull }) => canonicalWithNull !== undefined);
    expect(canonicalJson({ a: 1, relay_discovery: null })).toBe(bytes!.canonicalWithNull!);
    expect(canonicalJson({ a: 1, relay_discovery: undefined })).toBe(bytes!.canonicalAbsent!);
  });

  test("of ours has every member that routers read, and verifies as sent", () => {
    const it = node();
    const manifest = manifestOf(it, MACHINE, undefined);
    expect(Object.keys(manifest).sort()).toEqual(Object.keys(vectors.manifest.manifest).sort());
    const { signature, ...rest } = JSON.parse(JSON.stringify(signedManifest(it, manifest)));
    expect(signature.keyId).toBe(KEYS.node.npub);
    expect(isSigned(verify, KEYS.node.publicKeyXOnlyHex, rest, signature.signature)).toBe(true);
    expect(manifest.limits).toEqual({ max_concurrency: 4, max_payload_bytes: 2 ** 23, max_tokens: 256 });
  });

  test("says the lower band of what is not known", () => {
    const told = { disk: "unknown", net: "ok" } as const;
    const gpu = (vramTotalMb?: number) => [{ name: "g", vendor: "nvidia" as const, vramTotalMb }];
    expect(bandsOf(MACHINE, [], told)).toEqual({
      cpu: "cpu_low",
      ram: "ram_16",
      disk: "disk_unknown",
      net: "net_ok",
      gpu: "gpu_none",
    });
    expect(bandsOf({ cpus: 256, memoryBytes: 63.6 * 2 ** 30 }, gpu(), told)).toMatchObject({
      cpu: "cpu_mid",
      ram: "ram_64_plus",
      gpu: "gpu_none",
    });
    const bands = [1023, 1024, 11_999, 12_000, 19_999, 20_000].map((mb) => bandsOf(MACHINE, gpu(mb), told).gpu);
    expect(bands).toEqual(["gpu_none", "gpu_8gb", "gpu_8gb", "gpu_16gb", "gpu_16gb", "gpu_24gb_plus"]);
  });
});

describe("publishing", () => {
  const event = (it: FedaiNode) => manifestEvent(it, signedManifest(it, manifestOf(it, MACHINE, undefined)));

  test("on a relay is one event that replaces the last", async () => {
    const relay = fakeRelay();
    stops.push(relay.stop);
    const it = node();
    expect(await publishManifest(relay.url, event(it), never)).toBeUndefined();
    expect(relay.events).toHaveLength(1);
    expect(relay.events[0]).toMatchObject({ kind: 30_078, pubkey: KEYS.node.publicKeyXOnlyHex });
    expect(relay.events[0]?.tags).toContainEqual(["d", "fed-ai-manifest:node-a"]);
    expect(JSON.parse(relay.events[0]!.content).id).toBe("node-a");
  });

  test("says why a relay does not take it", async () => {
    const relay = fakeRelay();
    stops.push(relay.stop);
    relay.refuse = "blocked: not you";
    expect(await publishManifest(relay.url, event(node()), never)).toBe("blocked: not you");
    expect(await publishManifest("ws://127.0.0.1:1/", event(node()), never)).toBeString();
    expect(await publishManifest(relay.url, event(node()), AbortSignal.abort())).toBeString();
  });

  test("to a router", async () => {
    const it = node();
    const router = new FakeFedaiRouter(ROUTER, it.ports.clock);
    stops.push(() => router.stop());
    const manifest = signedManifest(it, manifestOf(it, MACHINE, undefined));
    expect(await sendManifest(it, router.url, manifest, never)).toBeUndefined();
    expect(router.manifests).toEqual([JSON.parse(JSON.stringify(manifest))]);
    expect(await sendManifest(it, `${router.url}/no`, manifest, never)).toBe("404");
  });

  test("happens by itself where the settings ask for it, and not else", async () => {
    const relay = fakeRelay();
    stops.push(relay.stop);
    const bootstrap = ["wss://a.example", "wss://b.example", "wss://c.example", "wss://d.example"];
    const rig = fedaiRig({ manifest: { relays: [relay.url] }, relays: { bootstrap } });
    const running = new AbortController();
    const run = rig.session.run(running.signal);
    await rig.ports.clock.advance(3000);
    while (relay.events.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    running.abort();
    await run;
    // An operator sees which relays it would be, before anything connects to them.
    expect(rig.ports.log.lines.map(({ fields }) => fields)).toContainEqual({
      relays: 4,
      best: "wss://a.example/ (5), wss://b.example/ (5), wss://c.example/ (5)",
    });
    const silent = fedaiRig();
    const asked: string[] = [];
    const stopping = new AbortController();
    const other = fedaiRig(
      {},
      "/nonexistent",
      Object.assign(silent.ports, { fetch: async (url: string) => Promise.reject(asked.push(url)) }),
    );
    const quiet = other.session.run(stopping.signal);
    await silent.ports.clock.advance(7 * 3_600_000);
    stopping.abort();
    await quiet;
    expect(asked).toEqual([]);
  });

  test("on a real relay, and read back", async () => {
    const relay = realRelay();
    stops.push(relay.stop);
    const it = node();
    // A relay's clock is the machine's.
    it.ports.clock.now = () => Date.now();
    const sent = event(it);
    expect(await publishManifest(relay.url, sent, never)).toBeUndefined();
    expect(await relay.read({ kinds: [30_078], authors: [KEYS.node.publicKeyXOnlyHex] })).toEqual([sent]);
  });
});
