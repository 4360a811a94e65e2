import { beforeEach, describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeTables } from "../../test/fakes/key-tables.ts";
import { type Address, parseAddress } from "../core/address.ts";
import { KnownCallers } from "./known-callers.ts";
import type { Signatory } from "./tier.ts";

const STEPS = 17;
let clock: FakeClock;
let tables: FakeTables;
let queue: (() => void)[];
let callers: KnownCallers;

beforeEach(() => {
  clock = new FakeClock();
  tables = new FakeTables(STEPS);
  queue = [];
  callers = callersWith(3);
});

function callersWith(rooms: number): KnownCallers {
  const memoryBytes = rooms * tables.bytes + 99;
  return new KnownCallers({ tables, clock, memoryBytes, later: (work) => queue.push(work) });
}

/** One turn of the event loop: what was asked for before it, and nothing that this asks for. */
function turn(): void {
  for (const work of queue.splice(0)) work();
}

function settle(): void {
  while (queue.length > 0) turn();
}

function addressOf(id: number): Address {
  return parseAddress(`0x${id.toString(16).padStart(40, "0")}`)!;
}

function signerOf(id: number): Signatory {
  return { address: addressOf(id), publicKey: Uint8Array.of(id >> 8, id & 255) };
}

function sign(id: number, times = 1): void {
  for (let time = 0; time < times; time++) callers.signed(signerOf(id));
}

describe("known callers", () => {
  test("whoever signs twice has a table of the very key, once it is whole", () => {
    sign(1);
    settle();
    expect(callers.tableOf(addressOf(1))).toBeUndefined();
    sign(1);
    for (let step = 0; step < STEPS; step++) {
      expect(callers.tableOf(addressOf(1))).toBeUndefined();
      turn();
    }
    expect(tables.rooms[callers.tableOf(addressOf(1))!]).toEqual({ key: "0001", made: STEPS });
    expect(queue).toEqual([]);
  });

  test("one table at a time, one step a turn; whoever waits does not wait twice", () => {
    for (const id of [1, 2, 3]) sign(id, 4);
    for (let step = 1; step <= 3 * STEPS; step++) {
      expect(queue.length).toBe(1);
      turn();
      expect(tables.rooms.reduce((made, room) => made + room.made, 0)).toBe(step);
    }
    expect([1, 2, 3].map((id) => callers.tableOf(addressOf(id)))).toEqual([0, 1, 2]);
    expect(queue).toEqual([]);
  });

  test("memory is bounded: the table that was not used for longest goes, after a minute", async () => {
    for (const id of [1, 2, 3]) sign(id, 2);
    settle();
    await clock.advance(59_000);
    callers.tableOf(addressOf(1));
    sign(4, 2);
    settle();
    expect(callers.tableOf(addressOf(4))).toBeUndefined();
    await clock.advance(1000);
    sign(4, 2);
    settle();
    expect([1, 2, 3, 4].map((id) => callers.tableOf(addressOf(id)))).toEqual([0, undefined, 2, 1]);
    expect(tables.rooms.length).toBe(3);
    expect(tables.rooms[1]).toEqual({ key: "0004", made: STEPS });
  });

  test("flood of new callers: the old ones keep their tables, and a turn never does more than one step", async () => {
    sign(1, 2);
    settle();
    for (let id = 100; id < 10_100; id++) {
      sign(id, 3);
      const before = tables.rooms.reduce((made, room) => made + room.made, 0);
      expect(queue.length).toBeLessThanOrEqual(1);
      turn();
      expect(tables.rooms.reduce((made, room) => made + room.made, 0) - before).toBeLessThanOrEqual(1);
      expect(callers.tableOf(addressOf(1))).toBe(0);
      await clock.advance(1);
    }
  });

  test("churn: with more active callers than tables, those that have one keep it", async () => {
    for (let round = 0; round < 100; round++) {
      for (let id = 1; id <= 5; id++) if (callers.tableOf(addressOf(id)) === undefined) sign(id);
      settle();
      await clock.advance(10_000);
    }
    expect([1, 2, 3, 4, 5].map((id) => callers.tableOf(addressOf(id)))).toEqual([0, 1, 2, undefined, undefined]);
    expect(tables.rooms.map(({ key }) => key)).toEqual(["0001", "0002", "0003"]);
  });

  test("no more than 64 wait; who came too late gets one later", () => {
    callers = callersWith(1000);
    for (let id = 1; id <= 100; id++) sign(id, 2);
    settle();
    expect(tables.rooms.length).toBe(64);
    sign(100, 1);
    settle();
    expect(callers.tableOf(addressOf(100))).toBe(64);
  });

  test("who called once is forgotten after 4096 others", () => {
    sign(1);
    for (let id = 100; id < 100 + 4096; id++) sign(id);
    sign(1);
    settle();
    expect(callers.tableOf(addressOf(1))).toBeUndefined();
  });

  test("short of memory: the tables there are go on", async () => {
    tables.memory = 1;
    for (const id of [1, 2]) sign(id, 2);
    settle();
    expect([1, 2].map((id) => callers.tableOf(addressOf(id)))).toEqual([0, undefined]);
    await clock.advance(60_000);
    sign(2, 2);
    settle();
    expect([1, 2].map((id) => callers.tableOf(addressOf(id)))).toEqual([undefined, 0]);
  });
});
