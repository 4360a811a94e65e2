import { expect, test } from "bun:test";
import { closest } from "./suggest.ts";

test.each([
  ["listenPrt", "listenPort"],
  ["LISTENPORT", "listenPort"],
  ["listen_port", "listenPort"],
  ["tll", "ttl"],
  ["size", "size"],
  ["sizes", "size"],
  ["colour", undefined],
  ["x", undefined],
  ["", undefined],
  ["listenPort".repeat(100_000), undefined],
])("%s → %s", (word, expected) => {
  expect(closest(word, ["listenPort", "listenAddress", "ttl", "size"])).toBe(expected);
});

test("letters that changed places are the likeliest slip", () => {
  expect(closest("stauts", ["start", "status"])).toBe("status");
});
