import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { signatureFault, signedAdHoc } from "./macho-signature.ts";

const LINKEDIT_AT = 8192;
const SIGNATURE_AT = 10_000;

/** A program of three pages, the last one not full, with room for a signature that is none. */
function program(): Buffer {
  const file = Buffer.alloc(SIGNATURE_AT + 64, 0xab);
  file.fill(0, 0, 512);
  file.writeUInt32LE(0xfeedfacf, 0);
  file.writeUInt32LE(3, 16);
  let at = 32;
  for (const [name, offset, size] of [
    ["__TEXT", 0, LINKEDIT_AT],
    ["__LINKEDIT", LINKEDIT_AT, file.length - LINKEDIT_AT],
  ] as const) {
    file.writeUInt32LE(0x19, at);
    file.writeUInt32LE(72, at + 4);
    file.write(name, at + 8);
    file.writeBigUInt64LE(BigInt(offset), at + 40);
    file.writeBigUInt64LE(BigInt(size), at + 48);
    at += 72;
  }
  for (const [i, number] of [0x1d, 16, SIGNATURE_AT, 64].entries()) file.writeUInt32LE(number, at + 4 * i);
  return file;
}

const signed = signedAdHoc(program(), "fxn");

describe("the signature inside a Mach-O file", () => {
  test("one that was made holds; none, and a program without a place for it, do not", () => {
    expect(signatureFault(signed)).toBeUndefined();
    expect(signatureFault(program())).toBe("it has no signature");
    const without = program();
    without.writeUInt32LE(2, 16);
    expect(signatureFault(without)).toContain("no place");
  });

  test("it is where the system looks for it, with the hash of each page", () => {
    const command = 32 + 2 * 72;
    expect([signed.readUInt32LE(command + 8), signed.readUInt32LE(command + 12)]).toEqual([
      SIGNATURE_AT,
      signed.length - SIGNATURE_AT,
    ]);
    expect(signed.readBigUInt64LE(32 + 72 + 48)).toBe(BigInt(signed.length - LINKEDIT_AT));
    expect(signed.readBigUInt64LE(32 + 72 + 32) % 0x4000n).toBe(0n);
    const hashes = signed.subarray(-3 * 32);
    for (const [i, [from, to]] of [
      [0, 4096],
      [4096, 8192],
      [8192, SIGNATURE_AT],
    ].entries()) {
      const hash = createHash("sha256").update(signed.subarray(from, to)).digest();
      expect(hashes.subarray(32 * i, 32 * (i + 1)).equals(hash)).toBe(true);
    }
  });

  test("signing again changes nothing", () => expect(signedAdHoc(signed, "fxn").equals(signed)).toBe(true));

  test("a flipped byte before it is found, wherever it is, and one in its hashes", () => {
    for (let at = 0; at < signed.length; at += at < SIGNATURE_AT ? 7 : signed.length) {
      const other = Buffer.from(signed);
      other[at] = (other[at] ?? 0) ^ 1;
      expect(signatureFault(other)).toBeString();
    }
    for (const at of [SIGNATURE_AT, SIGNATURE_AT + 20, SIGNATURE_AT + 52, signed.length - 1]) {
      const other = Buffer.from(signed);
      other[at] = (other[at] ?? 0) ^ 1;
      expect(signatureFault(other)).toBeString();
    }
  });

  test("bytes behind it, or missing, are found", () => {
    expect(signatureFault(Buffer.concat([signed, Buffer.alloc(1)]))).toBeString();
    expect(signatureFault(signed.subarray(0, -1))).toBeString();
  });

  test("whatever numbers: an answer, and no error", () => {
    fc.assert(
      fc.property(fc.nat(signed.length - 4), fc.nat(0xffffffff), (at, number) => {
        const other = Buffer.from(signed);
        other.writeUInt32LE(number, at);
        signatureFault(other);
      }),
    );
  });
});
