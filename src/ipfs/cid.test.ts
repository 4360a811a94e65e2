import { expect, test } from "bun:test";
import fc from "fast-check";
import { CID } from "multiformats/cid";
import { create } from "multiformats/hashes/digest";
import vectors from "../../test/vectors/ipfs.json";
import { cidOfRaw, cidsOfDigest, hashOfCidText, isCidText, parseCid } from "./cid.ts";
import { IpfsError } from "./errors.ts";

const HELLO = "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o";
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function codeOf(text: string): string {
  try {
    parseCid(text);
    return "none";
  } catch (error) {
    if (error instanceof IpfsError) return error.code;
    throw error;
  }
}

test("CIDs of both versions and of each usual base are the same content", () => {
  const cid = parseCid(HELLO).toV1();
  for (const text of [HELLO, cid.toString()]) {
    expect(isCidText(text)).toBe(true);
    expect(hex(parseCid(text).multihash.digest)).toBe(hex(cid.multihash.digest));
  }
  for (const text of vectors.bases) expect(parseCid(text).toV1().toString()).toBe(vectors.basesMean);
});

test("a text that is no CID, or one with anything in it that a URL would read, is refused", () => {
  const bad = ["", "Qm", HELLO.slice(1), `${HELLO}/`, `${HELLO}?a=b`, `../${HELLO}`, `/ipfs/${HELLO}`, ` ${HELLO}`];
  const alsoBad = [`${HELLO}\n`, `${HELLO}=`, "0x1234", `b${"a".repeat(400)}`, HELLO.replace("T", "0"), `${HELLO}5`];
  for (const text of [...bad, ...alsoBad]) expect([text, codeOf(text)]).toEqual([text, "cid_invalid"]);
  // What a node without an uploader makes up.
  expect(codeOf("Qme3b0c44298fc1c149afbf4c8996fb92427ae41e4649b")).toBe("cid_invalid");
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(["none", "cid_invalid", "content_unsupported"]).toContain(codeOf(text));
    }),
  );
});

test("codecs and hash functions that are not read are refused by name", () => {
  const of = (codec: number, hash: number, bytes: number) =>
    CID.createV1(codec, create(hash, new Uint8Array(bytes))).toString();
  const refused = [of(0x71, 0x12, 32), of(0x72, 0x12, 32), of(0x55, 0x13, 64), of(0x55, 0x12, 20), of(0x55, 0, 129)];
  for (const text of refused) expect([text, codeOf(text)]).toEqual([text, "content_unsupported"]);
  expect(codeOf(of(0x55, 0, 128))).toBe("none");
});

test("the CID of raw bytes, and the CIDs that a digest may stand for", () => {
  expect(cidOfRaw(new Uint8Array())).toBe("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
  const hello = parseCid(HELLO);
  const [raw = "", v0, v1] = cidsOfDigest(hello.multihash.digest);
  expect(raw).toStartWith("bafkrei");
  expect(hex(parseCid(raw).multihash.digest)).toBe(hex(hello.multihash.digest));
  expect([v0, v1]).toEqual([HELLO, hello.toV1().toString()]);
});

test("the hash of a CID's text is of the text as it is written", () => {
  expect(hex(hashOfCidText(HELLO))).toBe("d8c0a8e6890b1e80a6f4a2454bb115f51b97e7eee984a02de900295a0507c9a9");
});
