// What the wire's announcements mean, to the last digit, and what is dropped.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseAnnouncement, type TaskAnnouncement, writeAnnouncement } from "./announcement.ts";

const MODEL = `0x${"ab".repeat(32)}`;
const INPUT = `0x${"cd".repeat(32)}`;
const SIX = `"id":7,"model_hash":"${MODEL}","input_hash":"${INPUT}","reward":10000000000000000,"required_nodes":3,"deadline":1790000000`;

const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseAnnouncement(bytes(text));

describe("an announcement that is read", () => {
  test("has the six fields of a reference node", () => {
    expect(parse(`{${SIX}}`)).toEqual({
      id: 7n,
      modelHash: MODEL,
      inputHash: INPUT,
      reward: 10_000_000_000_000_000n,
      requiredNodes: 3,
      deadline: 1_790_000_000n,
    });
  });

  test("keeps every digit of numbers beyond 2^53", () => {
    const found = parse(
      `{${SIX.replace('"id":7', '"id":18446744073709551615').replace("10000000000000000", "9007199254740993")}}`,
    );
    expect(found?.id).toBe(18_446_744_073_709_551_615n);
    expect(found?.reward).toBe(9_007_199_254_740_993n);
  });

  test("takes the reward from reward_wei, which has no upper end", () => {
    expect(parse(`{${SIX},"reward_wei":"20000000000000000001"}`)?.reward).toBe(20_000_000_000_000_000_001n);
  });

  test("may have fields that nobody knows, and extensions that say nothing", () => {
    const found = parse(
      `{${SIX},"new":{"id":1},"chain_id":"x","model_cid":"../../etc","registry":"0x${"AB".repeat(20)}"}`,
    );
    expect(found?.chainId).toBeUndefined();
    expect(found?.modelCid).toBeUndefined();
    expect(found?.registry).toBe(`0x${"ab".repeat(20)}`);
  });

  test.each([
    ["a missing field", `{${SIX.replace('"id":7,', "")}}`],
    ["a fraction", `{${SIX.replace('"id":7', '"id":7.0')}}`],
    ["an exponent", `{${SIX.replace('"id":7', '"id":7e1')}}`],
    ["a negative number", `{${SIX.replace('"id":7', '"id":-7')}}`],
    ["a number in quotes", `{${SIX.replace('"id":7', '"id":"7"')}}`],
    ["more than 64 bits", `{${SIX.replace('"id":7', '"id":18446744073709551616')}}`],
    ["more than 32 bits of nodes", `{${SIX.replace('"required_nodes":3', '"required_nodes":4294967296')}}`],
    ["a hash of another length", `{${SIX.replace(MODEL, "0xab")}}`],
    ["a list", "[]"],
    ["no JSON", "{"],
    ["nothing", ""],
  ])("is dropped with %s", (_name, text) => {
    expect(parse(text)).toBeUndefined();
  });

  test("is dropped when it is not UTF-8", () => {
    expect(parseAnnouncement(new Uint8Array([0x7b, 0xff, 0x7d]))).toBeUndefined();
  });

  test("never throws, whatever the bytes", () => {
    fc.assert(fc.property(fc.uint8Array(), (any) => parseAnnouncement(any) === undefined));
    fc.assert(fc.property(fc.json(), (any) => parse(any) === undefined));
  });
});

describe("an announcement that is written", () => {
  const task: TaskAnnouncement = {
    id: 2n ** 60n + 1n,
    modelHash: MODEL,
    inputHash: INPUT,
    reward: 2n ** 64n + 5n,
    requiredNodes: 3,
    deadline: 1_790_000_000n,
    chainId: 421_614n,
    registry: `0x${"12".repeat(20)}`,
    registryVersion: 2,
    modelCid: "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o",
    inputCid: "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy",
  };

  test("reads back as the same task", () => {
    expect(parseAnnouncement(writeAnnouncement(task))).toEqual(task);
  });

  test("has integers where reference nodes parse u64, and the whole reward beside them", () => {
    const text = new TextDecoder().decode(writeAnnouncement(task));
    expect(text).toStartWith('{"id":1152921504606846977,"model_hash":"0x');
    expect(text).toContain('"reward":18446744073709551615,');
    expect(text).toContain('"reward_wei":"18446744073709551621"');
  });

  test("is refused when a value does not fit", () => {
    expect(() => writeAnnouncement({ ...task, id: -1n })).toThrow("cannot be announced");
    expect(() => writeAnnouncement({ ...task, requiredNodes: 2 ** 32 })).toThrow("cannot be announced");
  });
});
