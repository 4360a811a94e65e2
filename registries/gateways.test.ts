import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { getAddress, stringToHex } from "viem";
import { type Hex, parseAddress } from "../src/core/address.ts";
import { callers } from "./gateways.ts";

const alice = parseAddress("0x52908400098527886e0f7030069857d2e4169ee7")!;
const owner = "0x0000000000000000000000000000000000000099";
const listed = (id: Hex, paused = false) => ({ owner, id, paused }) as const;

describe("who a listed gateway is", () => {
  test("its id as text in any case, or as 20 raw bytes", () => {
    const spellings: Hex[] = [
      stringToHex(alice),
      stringToHex(getAddress(alice)),
      stringToHex(`0x${alice.slice(2).toUpperCase()}`),
      stringToHex(alice.toUpperCase()),
      alice,
    ];
    for (const id of spellings) expect([...callers([listed(id)]).entries.keys()]).toEqual([alice]);
  });

  test("attack: owner of an entry: only the id lets in", () => {
    const { entries } = callers([listed(stringToHex(alice))]);
    expect(entries.has(parseAddress(owner)!)).toBe(false);
    expect(entries.size).toBe(1);
  });

  test("paused ones and ids that are no address are left out and counted", () => {
    const malformed: Hex[] = [
      "0x",
      stringToHex("gateway-1"),
      stringToHex(alice.slice(2)),
      stringToHex(` ${alice}`),
      stringToHex(`${alice}\0`),
      `0x${alice.slice(2)}00`,
      `0x${alice.slice(4)}`,
    ];
    const result = callers([...malformed.map((id) => listed(id)), listed(alice, true)]);
    expect(result).toEqual({ entries: new Map(), ignored: malformed.length + 1 });
  });

  test("an address that is paused in one entry and active in another is let in", () => {
    expect(callers([listed(alice), listed(stringToHex(alice), true)]).entries.has(alice)).toBe(true);
  });

  test("any bytes are an address or are left out", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (ids) => {
        const hex = ids.map((id): Hex => `0x${Buffer.from(id).toString("hex")}`);
        const { entries, ignored } = callers(hex.map((id) => listed(id)));
        for (const key of entries.keys()) expect(parseAddress(key)).toBe(key);
        expect(entries.size + ignored).toBeLessThanOrEqual(ids.length);
        expect(ignored).toBeGreaterThanOrEqual(ids.filter((id) => id.length !== 20 && id.length !== 42).length);
      }),
    );
  });
});
