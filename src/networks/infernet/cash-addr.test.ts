// The addresses that the specification of CashAddr publishes, and what becomes of them with one slip.
import { expect, test } from "bun:test";
import { isCashAddr } from "./cash-addr.ts";
import { payeeOf } from "./payout-coins.ts";

const PUBLISHED = [
  "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
  "bitcoincash:qr95sy3j9xwd2ap32xkykttr4cvcu7as4y0qverfuy",
  "bitcoincash:qqq3728yw0y47sqn6l2na30mcw6zm78dzqre909m2r",
  "bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq",
  "bitcoincash:pr95sy3j9xwd2ap32xkykttr4cvcu7as4yc93ky28e",
  "bitcoincash:pqq3728yw0y47sqn6l2na30mcw6zm78dzq5ucqzc37",
];

test.each(PUBLISHED)("%s", (address) => {
  expect([isCashAddr(address), isCashAddr(address.slice("bitcoincash:".length))]).toEqual([true, true]);
  expect(payeeOf("BCH", address).address).toBe(address);
});

test("with one wrong letter anywhere it is none", () => {
  const [address = ""] = PUBLISHED;
  for (let at = "bitcoincash:q".length; at < address.length; at++) {
    const slip = `${address.slice(0, at)}${address[at] === "z" ? "x" : "z"}${address.slice(at + 1)}`;
    expect(() => payeeOf("BCH", slip)).toThrow("is no address");
  }
});

test("a test network's address is none", () => {
  expect(isCashAddr("bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t")).toBe(false);
  expect(isCashAddr("pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t")).toBe(false);
});
