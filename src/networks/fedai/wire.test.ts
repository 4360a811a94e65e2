// Every vector of the wire: keys, canonical text, envelopes, schemas, token estimates.
import { describe, expect, test } from "bun:test";
import { schnorr } from "@noble/curves/secp256k1.js";
import { z } from "zod";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { fakeIdentity, verify } from "../../../test/fakes/fedai-ports.ts";
import vectors from "../../../test/vectors/fed-ai.json";
import { canonicalJson } from "./canonical.ts";
import { detailsOf, digestOf, envelopeOf, isSigned, seal, signerOf } from "./envelope.ts";
import { parseNpub, parsePrivateKey, parsePublicKey } from "./keys.ts";
import * as payloads from "./payloads.ts";
import { estimateTokens, printable, promptHash, utf8Length } from "./tokens.ts";

const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  NodeDescriptor: payloads.nodeDescriptor,
  InferenceRequest: payloads.inferenceRequest,
  InferenceResponse: payloads.inferenceResponse,
  MeteringRecord: payloads.meteringRecord,
  PaymentReceipt: payloads.paymentReceipt,
  PaymentRequest: payloads.paymentRequest,
  NodeOffloadRequest: payloads.nodeOffloadRequest,
  NodeRfbPayload: payloads.rfbPayload,
  NodeBidPayload: payloads.bidPayload,
  NodeAwardPayload: payloads.awardPayload,
  InferenceStreamChunk: payloads.streamChunk,
};
/** Messages between clients and routers, which no node sends or reads: their bytes are checked all the same. */
const NOT_OURS = ["QuoteRequest", "QuoteResponse", "StakeCommit", "ProtocolError", "Attestation"];
const schemaOf = (type: string) => SCHEMAS[type] ?? (NOT_OURS.includes(type) ? z.object({}) : undefined);

describe("keys", () => {
  for (const { name, value, isNostrNpub, parsePublicKey: wanted } of vectors.keyParsing) {
    test(`${name}: ${isNostrNpub ? "an npub" : "no npub"}`, () => {
      expect(parseNpub(value) !== undefined).toBe(isNostrNpub);
      expect(parsePublicKey(value)).toBe(wanted.startsWith("throws") ? undefined : wanted);
    });
  }
  test.each(Object.values(vectors.keys))("a private key is an nsec or hex", ({ nsec, npub, privateKeyHex }) => {
    expect(parsePrivateKey(nsec)).toBe(privateKeyHex);
    expect(parsePrivateKey(privateKeyHex.toUpperCase())).toBe(privateKeyHex);
    expect(parsePrivateKey(npub)).toBeUndefined();
  });
});

describe("canonical text", () => {
  const EXPRESSIONS: Readonly<Record<string, unknown>> = {
    "{a:1,b:undefined}": { a: 1, b: undefined },
    "{a:[1,undefined,2]}": { a: [1, undefined, 2] },
    "{a:NaN,b:Infinity,c:[-Infinity]}": { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: [Number.NEGATIVE_INFINITY] },
    "{a:-0}": { a: -0 },
    "{d:new Date(0)}": { d: new Date(0) },
  };
  for (const { name, inputJson, jsExpression, canonical, sha256Hex } of vectors.canonicalization) {
    test(name, () => {
      const value = inputJson === undefined ? EXPRESSIONS[jsExpression ?? ""] : JSON.parse(inputJson);
      expect(value).toBeDefined();
      expect(canonicalJson(value)).toBe(canonical);
      expect(Buffer.from(digestOf(value)).toString("hex")).toBe(sha256Hex);
    });
  }
  test.each(vectors.numberFormatting)("number $js", ({ js, canonical }) => {
    expect(canonicalJson(Number(js))).toBe(canonical);
  });
  test("a message nested ten thousand deep is refused, not a full stack", () => {
    const deep = JSON.parse(`${"[".repeat(10_000)}${"]".repeat(10_000)}`);
    expect(() => canonicalJson(deep)).toThrow("nested too deeply");
  });
});

describe("envelopes", () => {
  for (const vector of vectors.envelopes) {
    test(vector.name, () => {
      const { envelope, expect: wanted } = vector;
      const schema = schemaOf(vector.type);
      if (!schema) throw new Error(`no schema for ${vector.type}`);
      const { payload, nonce, ts, keyId } = envelope;
      expect(canonicalJson({ payload, nonce, ts, keyId })).toBe(vector.canonical);
      expect(Buffer.from(digestOf({ payload, nonce, ts, keyId })).toString("hex")).toBe(vector.sha256Hex);
      const parsed = envelopeOf(schema).safeParse(envelope);
      expect(parsed.success).toBe(wanted.validates);
      for (const sig of [envelope.sig, vector.sigAuxZeroBase64, ...vector.sigRandomBase64]) {
        const received = { ...envelope, sig, received: payload };
        expect("pubkey" in signerOf(received, verify)).toBe(wanted.verify);
      }
      const key = Object.entries(vectors.keys).find(([name]) => name === vector.signer)?.[1];
      const made = schnorr.sign(
        digestOf({ payload, nonce, ts, keyId }),
        Buffer.from(key!.privateKeyHex, "hex"),
        new Uint8Array(32),
      );
      expect(Buffer.from(made).toString("base64")).toBe(vector.sigAuxZeroBase64);
    });
  }

  for (const { name, envelope, publicKey, verifyEnvelope } of vectors.signatureNegatives) {
    test(`signature: ${name}`, () => {
      const { payload, nonce, ts, keyId, sig } = envelope;
      const pubkey = parsePublicKey(publicKey)!;
      expect(isSigned(verify, pubkey, { payload, nonce, ts, keyId }, sig)).toBe(verifyEnvelope.result ?? false);
    });
  }

  test("what we seal verifies under our lower-case npub, with strict base64", () => {
    const identity = fakeIdentity(vectors.keys.node.privateKeyHex);
    const sealed = seal(identity, new FakeClock(), { a: 1, b: undefined });
    expect(sealed.keyId).toBe(vectors.keys.node.npub);
    expect(sealed.sig).toMatch(/^[A-Za-z0-9+/]{86}==$/);
    const sent = envelopeOf(z.object({})).parse(JSON.parse(JSON.stringify(sealed)));
    expect(signerOf(sent, verify)).toEqual({ pubkey: vectors.keys.node.publicKeyXOnlyHex });
  });
});

describe("schemas", () => {
  for (const { name, type, value, ok, errors } of vectors.validatorCases) {
    test(name, () => {
      const parsed = envelopeOf(schemaOf(type)!).safeParse(value);
      expect(parsed.success).toBe(ok);
      // The words are another zod's; the places are the wire's.
      const placeOf = (line: string) => /^(payload: )?[^:]+/.exec(line)?.[0];
      const found = parsed.error ? detailsOf(parsed.error) : [];
      expect(found.map(placeOf)).toEqual((errors ?? []).map(placeOf));
    });
  }
  test.each(vectors.streamChunkCases)("stream chunk: $name", ({ value, ok }) => {
    expect(payloads.streamChunk.safeParse(value).success).toBe(ok);
  });
});

test.each(vectors.tokensAndPromptHash)(
  "tokens and hash of %j",
  ({ text, utf8Bytes, estimateTokens: tokens, promptHashSha256Hex }) => {
    expect(estimateTokens(text)).toBe(tokens);
    expect(utf8Length(text)).toBe(utf8Bytes);
    expect(promptHash(text)).toBe(promptHashSha256Hex);
  },
);

test("a text from outside is one line without control characters", () => {
  expect(printable("a\u001b[31mb\r\nc\u2028d\u202ee")).toBe("a [31mb  c d e");
  expect(printable("x".repeat(500))).toHaveLength(200);
});
