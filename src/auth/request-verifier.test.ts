import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import fc from "fast-check";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeRegistry } from "../../test/fakes/registry.ts";
import vectors from "../../test/vectors/function.json";
import type { RequestVerifier, Role } from "../core/auth.ts";
import { personalDigest, recoverAddress } from "../lib/ethereum.ts";
import { bodyHash, requestMessage } from "../lib/request-message.ts";
import { loadTier } from "../secp256k1/load.ts";
import { createSignatures } from "../secp256k1/signatures.ts";
import { MappedReplayGuard } from "../store/nonces/replay-guard.ts";

import { AuthError } from "./errors.ts";
import { createOpenVerifier, createRequestVerifier } from "./request-verifier.ts";

const SIGNED_AT = 1_750_000_000_000;
const SKEW = 300_000;
const ORDER = secp256k1.Point.Fn.ORDER;
const chat = vectors.signedRequests[0]!;

interface Request {
  headers: Record<string, string>;
  body: string;
}

let clock: FakeClock;
let gateways: FakeRegistry;
let verifier: RequestVerifier;
let check: (request: Request, roles?: Role[]) => string;

let home: string;
afterEach(() => rmSync(home, { recursive: true }));
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-auth-"));
  clock = new FakeClock(SIGNED_AT);
  gateways = new FakeRegistry(vectors.keys.gateway.address);
  verifier = createRequestVerifier({
    network: "function",
    registries: { gateway: gateways, scheduler: new FakeRegistry(vectors.keys.scheduler.address) },
    signatures: createSignatures(loadTier().tier, { clock, later: setImmediate }),
    replay: new MappedReplayGuard(home, { clock, keepMs: 2 * SKEW, maxPerScope: 100 }),
    clock,
    maxClockSkewMs: SKEW,
  });
  check = ({ headers, body }, roles = ["gateway", "scheduler"]) => {
    try {
      const pending = verifier.begin(new Headers(headers), roles);
      pending.read(Buffer.from(body));
      const caller = pending.verify();
      if (caller instanceof Promise) throw new Error("what is claimed here and now needs no waiting");
      return caller.role;
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      return `${error.status} ${error.code}`;
    }
  };
});

function sign(privateKey: string, body: string, timestamp: string, nonce: string): string {
  const digest = personalDigest(requestMessage(bodyHash().update(body), timestamp, nonce));
  const recovered = secp256k1.sign(digest, Buffer.from(privateKey, "hex"), { prehash: false, format: "recovered" });
  return Buffer.concat([recovered.subarray(1), Uint8Array.of((recovered[0] ?? 0) + 27)]).toString("hex");
}

function signedBy(key: keyof typeof vectors.keys, body: string, timestamp: string, nonce: string): Request {
  const { address, privateKey } = vectors.keys[key];
  const signature = sign(privateKey, body, timestamp, nonce);
  return {
    body,
    headers: { "X-Address": address, "X-Timestamp": timestamp, "X-Nonce": nonce, "X-Signature": signature },
  };
}

function with_(change: Record<string, string>, base: Request = chat): Request {
  return { body: base.body, headers: { ...base.headers, ...change } };
}

describe("vectors of the network", () => {
  for (const vector of vectors.signedRequests) {
    test(`${vector.name} is valid, digest and all`, () => {
      const { "X-Timestamp": timestamp, "X-Nonce": nonce } = vector.headers;
      expect(requestMessage(bodyHash().update(vector.body), timestamp, nonce)).toBe(vector.message);
      expect(Buffer.from(personalDigest(vector.message)).toString("hex")).toBe(vector.eip191Digest);
      expect(check(vector)).toBe(vector.signer);
    });
  }

  const signature = chat.headers["X-Signature"];
  const future = String(SIGNED_AT / 1000 + 301);
  const stale = String(SIGNED_AT / 1000 - 301);
  const negatives: Record<string, () => string> = {
    "tampered body": () => check({ ...chat, body: chat.body.replace("Hello!", "Hello?") }),
    "tampered timestamp": () => check(with_({ "X-Timestamp": "1750000001" })),
    "tampered nonce": () => check(with_({ "X-Nonce": "7b5f3c2e1d0b" })),
    "other signer": () => check(with_({ "X-Address": vectors.keys.scheduler.address })),
    replay: () => {
      expect(check(chat)).toBe("gateway");
      return check(chat);
    },
    stale: () => check(signedBy("gateway", chat.body, stale, "1")),
    future: () => check(signedBy("gateway", chat.body, future, "1")),
    unregistered: () => check(signedBy("stranger", chat.body, "1750000000", "1")),
    "not hex": () => check(with_({ "X-Signature": "zz" })),
    short: () => check(with_({ "X-Signature": signature.slice(0, 128) })),
    "high s": () => check(with_({ "X-Signature": malleated(signature) })),
  };
  for (const negative of vectors.negatives) {
    test(`${negative.name} is refused with ${negative.expect}`, () => {
      expect(negatives[negative.name]?.()).toStartWith(`${negative.expect} `);
    });
  }
});

/** The other signature that plain ECDSA accepts for the same message: s replaced by n - s, v flipped. */
function malleated(signature: string): string {
  const s = (ORDER - BigInt(`0x${signature.slice(64, 128)}`)).toString(16).padStart(64, "0");
  return signature.slice(0, 64) + s + (signature.endsWith("1c") ? "1b" : "1c");
}

describe("attacks", () => {
  test("malleated signature: a replay in other spelling is refused for its signature, before the nonce", () => {
    expect(check(with_({ "X-Signature": malleated(chat.headers["X-Signature"]) }))).toBe("401 invalid_signature");
    expect(check(chat)).toBe("gateway");
  });

  test("nonce burning: a bad signature does not spend the nonce of the caller it names", () => {
    const wrong = sign(vectors.keys.stranger.privateKey, chat.body, "1750000000", "7b5f3c2e1d0a");
    expect(check(with_({ "X-Signature": wrong }))).toBe("401 invalid_signature");
    expect(check(chat)).toBe("gateway");
  });

  test("nonce sharing: two callers may use the same nonce", () => {
    expect(check(chat)).toBe("gateway");
    expect(check(signedBy("scheduler", chat.body, "1750000000", chat.headers["X-Nonce"]))).toBe("scheduler");
  });

  test("role confusion: a gateway may not call what only the scheduler may", () => {
    expect(check(chat, ["scheduler"])).toBe("401 caller_not_authorized");
  });

  test("window edges: exactly the skew passes, one second more does not, both ways", () => {
    const at = (seconds: number) => check(signedBy("gateway", "", String(1_750_000_000 + seconds), `n${seconds}`));
    expect([at(-300), at(-301), at(300), at(301)]).toEqual([
      "gateway",
      "401 timestamp_too_old",
      "gateway",
      "401 timestamp_in_future",
    ]);
  });

  test("slow body: a request that leaves the window while its body arrives is refused", async () => {
    const request = signedBy("gateway", "x", "1750000000", "slow");
    const pending = verifier.begin(new Headers(request.headers), ["gateway"]);
    await clock.advance(SKEW + 1000);
    pending.read(Buffer.from("x"));
    expect(() => pending.verify()).toThrow("too far in the past");
  });

  test("stale registry: nobody passes on it, and the scheduler, who is not in it, still does", () => {
    gateways.stale = true;
    expect(check(chat)).toBe("503 registry_stale");
    expect(check(vectors.signedRequests[1]!)).toBe("scheduler");
  });

  test("duplicated and malformed headers are refused", () => {
    expect(check(with_({ "X-Address": `${vectors.keys.gateway.address}, ${vectors.keys.gateway.address}` }))).toBe(
      "401 invalid_address",
    );
    expect(check(with_({ "X-Timestamp": "1750000000.0" }))).toBe("401 invalid_timestamp");
    expect(check(with_({ "X-Timestamp": "-1" }))).toBe("401 invalid_timestamp");
    expect(check(with_({ "X-Nonce": "a".repeat(257) }))).toBe("401 invalid_nonce");
    expect(check(with_({ "X-Nonce": "é" }))).toBe("401 invalid_nonce");
    for (const missing of ["X-Address", "X-Timestamp", "X-Nonce", "X-Signature"]) {
      const { [missing as "X-Nonce"]: _, ...headers } = chat.headers;
      expect(check({ body: chat.body, headers })).toBe(`401 missing_${missing.slice(2).toLowerCase()}`);
    }
  });
});

describe("wire freedom", () => {
  test("address in any case, signature with 0x, v as 0/1", () => {
    expect(check(with_({ "X-Address": chat.headers["X-Address"].toLowerCase() }))).toBe("gateway");
    const upper = signedBy("gateway", "a", "1750000000", "b");
    expect(check(with_({ "X-Signature": `0x${upper.headers["X-Signature"]!.toUpperCase()}` }, upper))).toBe("gateway");
    const low = signedBy("gateway", "a", "1750000000", "c");
    const v = low.headers["X-Signature"]!.endsWith("1b") ? "00" : "01";
    expect(check(with_({ "X-Signature": low.headers["X-Signature"]!.slice(0, 128) + v }, low))).toBe("gateway");
  });

  test("the open verifier lets everyone in as the route's first role", () => {
    expect(createOpenVerifier().begin(new Headers(), ["scheduler"]).verify()).toEqual({
      id: "unsigned",
      role: "scheduler",
    });
  });
});

test("mutation: no change of any byte of signature or digest recovers the signer", () => {
  const digest = Buffer.from(chat.eip191Digest, "hex");
  const signature = Buffer.from(chat.headers["X-Signature"], "hex");
  const signer = recoverAddress(digest, signature);
  fc.assert(
    fc.property(fc.nat(64), fc.integer({ min: 1, max: 255 }), fc.boolean(), (index, mask, inDigest) => {
      const d = Buffer.from(digest);
      const s = Buffer.from(signature);
      if (inDigest) d[index % 32]! ^= mask;
      else s[index]! ^= mask;
      // 27/28 and 0/1 are two spellings of one v.
      if (!inDigest && index === 64 && (s[64]! % 27 === signature[64]! % 27 || s[64] === signature[64]! - 27)) return;
      expect(recoverAddress(d, s)).not.toBe(signer);
    }),
    { numRuns: 500 },
  );
});
