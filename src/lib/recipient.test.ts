import { expect, test } from "bun:test";
import { parseRecipient } from "./recipient.ts";

// EIP-55's own examples.
const GOOD = [
  "0x52908400098527886E0F7030069857D2E4169EE7",
  "0xde709f2102306220921060314715629080e2fb77",
  "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
  "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
];

test.each(GOOD)("%s is taken", (text) => {
  expect(parseRecipient(text)).toMatchObject({ address: text.toLowerCase() });
});

test("one letter of another case, or one digit that is another, is refused", () => {
  const text = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
  for (let at = 2; at < text.length; at++) {
    const letter = text.charAt(at);
    const swapped = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
    if (swapped === letter) continue;
    expect(parseRecipient(text.slice(0, at) + swapped + text.slice(at + 1))).toHaveProperty("problem");
  }
  expect(parseRecipient(text.replace("0x5a", "0x6a"))).toHaveProperty("problem");
});

test.each(["", "0x", "vitalik.eth", "0x123", `0x${"0".repeat(40)}`, `0X${"1".repeat(40)}`, `0x${"g".repeat(40)}`])(
  "%p is refused",
  (text) => expect(parseRecipient(text)).toHaveProperty("problem"),
);
