// The wire's recorded vectors: what we sign, what a control plane makes of it, and how coarsely hardware is told.

import { describe, expect, test } from "bun:test";
import { schnorr } from "@noble/curves/secp256k1.js";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { hasPlace, PLANE } from "../../../test/fakes/infernet-control-plane.ts";
import { identityOf, infernetRig, verifySchnorr } from "../../../test/fakes/infernet-ports.ts";
import { sanitised } from "../../../test/fakes/infernet-routes.ts";
import { openInfernet } from "../../../test/fakes/infernet-session.ts";
import { InfernetVerifier } from "../../../test/fakes/infernet-verifier.ts";
import vectors from "../../../test/vectors/infernet.json";
import { canonicalDigest, canonicalText, sealRequest } from "./envelope.ts";
import { hardware, specsOf } from "./specs.ts";
import { vramTier } from "./vram-tier.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const keyOf = (name: string) => vectors.keys.find((key) => key.name === name)?.privateKey ?? "";
const base = vectors.requests[0]!;

describe("requests", () => {
  test.each(vectors.requests)("$method $path $nonce", (request) => {
    const { method, path, body, created_at: createdAt, nonce } = request;
    const part = { method, path, createdAt, nonce, body: bytes(body) };
    expect(canonicalText(part)).toBe(request.canonical);
    expect(Buffer.from(canonicalDigest(part)).toString("hex")).toBe(request.canonical_sha256);
    const key = Uint8Array.from(Buffer.from(keyOf(request.key), "hex"));
    const pubkey = Buffer.from(schnorr.getPublicKey(key)).toString("hex");
    const zeroAux = { pubkey, sign: (digest: Uint8Array) => schnorr.sign(digest, key, new Uint8Array(32)) };
    expect(sealRequest(part, zeroAux)).toBe(request.header);
  });

  test("a header of ours is as the reference signer makes it, and is let in", () => {
    const { header_regex: pattern, decoded_key_order: order } = vectors.reference_signer;
    const part = { method: "post", path: "/x?a=1", createdAt: 1_776_556_800, nonce: "ab", body: bytes("{}") };
    const header = sealRequest(part, identityOf(keyOf("sk2")));
    expect(header).toMatch(new RegExp(pattern));
    expect(Object.keys(JSON.parse(Buffer.from(header, "base64url").toString()))).toEqual(order);
    const asked = { method: "POST", path: "/x?a=1", header, body: bytes("{}"), now: 1_776_556_800 };
    expect(new InfernetVerifier(verifySchnorr).verify(asked)).toMatchObject({ ok: true });
  });
});

describe("the control plane's verdicts, in the order of its checks", () => {
  test.each(vectors.verdicts)("$name", (vector) => {
    const over: Record<string, unknown> =
      "overrides" in vector && vector.overrides ? { ...vector.overrides } : { ...vector };
    const text = (name: string, standard: string) => (typeof over[name] === "string" ? over[name] : standard);
    const verdict = new InfernetVerifier(verifySchnorr).verify({
      method: text("method", base.method),
      path: text("path", base.path),
      header: text("header", base.header),
      body: bytes(text("body", base.body)),
      now: typeof over.now === "number" ? over.now : base.created_at,
    });
    if (vector.verdict.ok) return expect(verdict.ok).toBe(true);
    // Behind the colon stand the JSON reader's own words.
    const [said = ""] = String("error" in vector.verdict ? vector.verdict.error : "").split(/(?<=envelope:)/);
    expect(verdict).toMatchObject({ ok: false, error: expect.stringContaining(said) });
  });

  test("a nonce is taken once, until it is forgotten", () => {
    const verifier = new InfernetVerifier(verifySchnorr);
    const { first_has, second_has, ttl_ms } = vectors.replay_cache;
    expect([verifier.claim("n", 0), verifier.claim("n", 1)]).toEqual([!first_has, !second_has]);
    expect(verifier.claim("n", ttl_ms / 1000 + 1)).toBe(true);
  });
});

describe("hardware", () => {
  test.each(vectors.vram_tiers)("$vram_mb MiB is $client", ({ vram_mb: mb, client, server }) => {
    expect(vramTier(typeof mb === "number" ? mb : undefined)).toBe(client as ReturnType<typeof vramTier>);
    expect(client).toBe(server);
  });

  test.each(vectors.register_specs_sanitiser)("the control plane's sanitiser, %#", ({ input, output }) => {
    expect(sanitised(input) ?? null).toEqual(output);
  });

  test.each(vectors.scheduler)("the scheduler gives one more job, %#", ({ specs, eligible }) => {
    expect(hasPlace(specs)).toBe(eligible);
  });

  test("a node that is full, or may take nothing now, gets none", () => {
    const told = (active: number, places: number) => hasPlace(specsOf([], ["m"], { active, places, now: 0 }));
    expect([told(0, 4), told(3, 1), told(4, 0), told(0, 0)]).toEqual([true, true, false, false]);
  });

  test("what we send passes the sanitiser unchanged", () => {
    const ours = hardware([
      { name: "NVIDIA GeForce RTX 4090", vendor: "nvidia", vramTotalMb: 24_564, uuid: "GPU-1", driverVersion: "550" },
      { name: "x".repeat(200), vendor: "intel" },
      ...Array.from({ length: 20 }, () => ({ name: "MI300X", vendor: "amd" as const, vramTotalMb: 196_592 })),
    ]);
    expect(sanitised(ours)).toEqual({ ...ours });
    expect(ours.gpus[0]).toEqual({ vendor: "nvidia", vram_tier: "16-24gb", model: "NVIDIA GeForce RTX 4090" });
  });
});

test.each(vectors.endpoint_format)("where it is: $endpoint", ({ address, port, endpoint }) => {
  const given = { url: PLANE, advertise: true, p2p: { port }, ...(address !== null && { address }) };
  const session = openInfernet(given, infernetRig(new FakeClock()).ports);
  const shown = session.status().find(({ name }) => name === "published")?.value;
  // A port without an address leads nowhere: it is not published.
  expect(shown).toBe(address === null ? "nothing" : endpoint);
});

test("no part of the file is left out, but for what this node has no use for", () => {
  const here = ["keys", "requests", "verdicts", "replay_cache", "reference_signer", "endpoint_format"];
  const hereToo = ["vram_tiers", "register_specs_sanitiser", "scheduler"];
  /** In gpu-vectors.test.ts, examples.test.ts and import-file.test.ts. */
  const elsewhere = ["gpu", "http_examples", "key_pair_checks"];
  // Nothing is told of the CPU, and which models fit is for model_backend.yaml to say.
  const unused = ["_about", "constants", "cpu_vendor", "model_fit"];
  expect([...here, ...hereToo, ...elsewhere, ...unused].sort()).toEqual(Object.keys(vectors).sort());
});
