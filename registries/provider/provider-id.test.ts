import { expect, test } from "bun:test";
import fc from "fast-check";
import { stringToHex } from "viem";
import { idOf, idText } from "./provider-id.ts";

test("a text is its UTF-8 bytes, as gateways' ids are; raw bytes are written as hex", () => {
  const address = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
  expect(idOf(address)).toBe(stringToHex(address));
  expect(idText(stringToHex(address))).toBe(address);
  expect(idOf("hex:5aAe")).toBe("0x5aae");
  expect(idText("0xff00")).toBe("hex:ff00");
  expect(idText(stringToHex("hex:00"))).toBe("hex:6865783a3030");
  expect(idText(stringToHex("a\u001b[2Jb"))).toStartWith("hex:");
});

test("whatever an id is, its text leads back to it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
      const id = `0x${Buffer.from(bytes).toString("hex")}` as const;
      expect(idOf(idText(id))).toBe(id);
    }),
  );
});

test("nothing, more than 64 bytes and broken hex are no ids", () => {
  for (const text of ["", "x".repeat(65), "ї".repeat(33), "hex:", "hex:abc", "hex:zz", `hex:${"00".repeat(65)}`])
    expect(() => idOf(text)).toThrow("is no id of a provider");
});
