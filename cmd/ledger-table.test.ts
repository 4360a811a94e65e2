// The ledger on terminals of any width: what it holds is readable, and no line is broken.
import { expect, test } from "bun:test";
import { ledgerTable } from "./ledger-table.ts";

const CALLER = "0x52908400098527886E0F7030069857D2E4169EE7";
const row = (model: string, unreported: number, day = "2026-11-26") => ({
  keys: [day, model, CALLER],
  requests: 123_456,
  ok: 123_001,
  promptTokens: 123_456_789,
  completionTokens: 98_765_432,
  unreported,
});
const by = ["day", "model", "caller"] as const;
const width = (text: string) => Math.max(...text.split("\n").map((line) => line.length));

test("in a pipe, and where there is room, everything is whole", () => {
  const sums = [row("tiny-llama-instruct", 7)];
  const whole = ledgerTable(by, sums);
  for (const word of [CALLER, "tiny-llama-instruct", "prompt tokens", "completion tokens", "unreported", "98,765,432"])
    expect(whole).toContain(word);
  expect(ledgerTable(by, sums, width(whole))).toBe(whole);
});

test("80 columns: each line fits, the ends of a caller are told, and all the sums that there is room for", () => {
  const shown = ledgerTable(by, [row("tiny", 0), row("a-model-with-a-long-name-instruct", 12)], 80);
  expect(width(shown)).toBeLessThanOrEqual(80);
  for (const part of ["2026-11-26", "0x529", "EE7", "tiny", "123,456", "123,001", "123,456,789", "98,765,432"])
    expect(shown).toContain(part);
  expect(shown).toContain("(no room for: unreported)");
});

test("what is left out is said only when it says something; a day is never cut while there is other text", () => {
  expect(ledgerTable(by, [row("tiny", 0)], 80)).not.toContain("no room");
  const wide = ledgerTable(by, [row("tiny", 3)], 100);
  expect(wide).toContain("unreported");
  expect(wide).not.toContain("no room");
  for (const columns of [72, 80, 90, 100, 110, 120])
    expect(width(ledgerTable(by, [row("tiny", 3)], columns))).toBeLessThanOrEqual(columns);
});
