// Signatures against vectors made with ethers; and nothing shows the key.
import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import fc from "fast-check";
import vectors from "../../test/vectors/function.json";
import { signRequest } from "./sign-request.ts";
import { signerFromKey } from "./signer.ts";

const bytes = (hex: string) => Buffer.from(hex, "hex");
const keys = Object.values(vectors.keys);
const signers = new Map(
  Object.entries(vectors.keys).map(([name, key]) => [name, signerFromKey(bytes(key.privateKey))]),
);

describe("signer", () => {
  test("public key, address and EIP-55 case", () => {
    for (const key of keys) {
      const signer = signerFromKey(bytes(key.privateKey));
      expect(Buffer.from(signer.publicKey).toString("hex")).toBe(key.publicKeyUncompressed);
      expect(signer.checksumAddress).toBe(key.address);
      expect(String(signer.address)).toBe(key.address.toLowerCase());
      expect(signer.nostrPubkey()).toBe(key.publicKeyUncompressed.slice(2, 66));
    }
  });

  test("the very signatures of ethers, by message and by request", () => {
    expect(vectors.signedRequests.length).toBeGreaterThan(0);
    for (const { signer: name, message, headers, body } of vectors.signedRequests) {
      const signer = signers.get(name)!;
      expect(signer.signPersonal(message)).toBe(headers["X-Signature"]);
      expect(signer.signPersonal(Buffer.from(message))).toBe(headers["X-Signature"]);
      const now = Number(headers["X-Timestamp"]) * 1000 + 999;
      expect(signRequest(signer, Buffer.from(body), { now, nonce: headers["X-Nonce"] })).toEqual(headers);
    }
  });

  test("the IDENTITY signature is over the digest as it is, with v = 0 or 1", () => {
    const { digest, signatureHex } = vectors.identityChallenge;
    const signature = signers.get("node")!.signDigest(bytes(digest));
    expect(Buffer.from(signature).toString("hex")).toBe(signatureHex);
  });

  test("s is low and the signature recovers the signer, for any message", () => {
    const signer = signers.get("node")!;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (digest) => {
        const signature = signer.signDigest(digest);
        const parsed = secp256k1.Signature.fromBytes(signature.subarray(0, 64)).addRecoveryBit(signature[64]!);
        expect(parsed.hasHighS()).toBe(false);
        expect(parsed.recoverPublicKey(digest).toHex(false)).toBe(Buffer.from(signer.publicKey).toString("hex"));
      }),
      { numRuns: 30 },
    );
  });

  test("a digest of another length is refused", () => {
    expect(() => signers.get("node")!.signDigest(new Uint8Array(31))).toThrow(RangeError);
  });

  test("keys out of range are refused", () => {
    const order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    for (const hex of ["00".repeat(32), order, "ff".repeat(32), "11".repeat(31), "11".repeat(33), ""]) {
      expect(() => signerFromKey(bytes(hex))).toThrow("no private key");
    }
    signerFromKey(bytes(order.replace(/1$/, "0")));
  });

  test("printed in any way, it shows no key", () => {
    const key = bytes(vectors.keys.node.privateKey);
    const signer = signerFromKey(key);
    const run = Bun.spawnSync([
      process.execPath,
      "-e",
      `import { signerFromKey } from ${JSON.stringify(`${import.meta.dir}/signer.ts`)};
       console.log(signerFromKey(Buffer.from("${vectors.keys.node.privateKey}", "hex")));`,
    ]);
    const shown = [
      run.stdout.toString(),
      inspect(signer, { depth: null, showHidden: true }),
      Bun.inspect(signer),
      JSON.stringify(signer),
      String(signer),
      JSON.stringify(Object.getOwnPropertyDescriptors(signer)),
    ].join("\n");
    expect(run.stdout.toString()).toContain(signer.checksumAddress);
    expect(shown).not.toContain("33333333");
    expect(shown).not.toMatch(/51,\s*51,\s*51/);
  });

  test("it keeps its own copy of the key", () => {
    const key = bytes(vectors.keys.node.privateKey);
    const signer = signerFromKey(key);
    key.fill(0);
    expect(Buffer.from(signer.signDigest(bytes(vectors.identityChallenge.digest))).toString("hex")).toBe(
      vectors.identityChallenge.signatureHex,
    );
  });
});
