// Boxes that TweetNaCl seals, which is what CoFHE's own SDK opens them with; nothing but the right key opens them.
import { expect, test } from "bun:test";
import nacl from "tweetnacl";
import { newSealingKey } from "./permit.ts";
import { boxKey, openBox } from "./sealed-box.ts";

const sealer = nacl.box.keyPair();

test.each([0, 1, 16, 32, 1000])("a box of %d bytes", (size) => {
  const key = newSealingKey();
  const content = nacl.randomBytes(size);
  const nonce = nacl.randomBytes(24);
  const data = nacl.box(content, nonce, key.publicKey, sealer.secretKey);
  expect(boxKey(sealer.publicKey, key.privateKey)).toEqual(
    Buffer.from(nacl.box.before(sealer.publicKey, key.privateKey)),
  );
  expect(openBox({ data, nonce, publicKey: sealer.publicKey }, key.privateKey)).toEqual(content);
});

test("another key, another sealer, and a changed byte are refused", () => {
  const key = newSealingKey();
  const nonce = nacl.randomBytes(24);
  const data = nacl.box(Uint8Array.of(7), nonce, key.publicKey, sealer.secretKey);
  const box = { data, nonce, publicKey: sealer.publicKey };
  expect(() => openBox(box, newSealingKey().privateKey)).toThrow("does not open");
  expect(() => openBox({ ...box, publicKey: nacl.box.keyPair().publicKey }, key.privateKey)).toThrow("does not open");
  expect(() => openBox({ ...box, data: data.map((byte) => byte ^ 1) }, key.privateKey)).toThrow("does not open");
  expect(() => openBox({ ...box, nonce: nonce.subarray(1) }, key.privateKey)).toThrow("does not open");
});
