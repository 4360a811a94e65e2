import { afterEach, expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { ComputeProcess } from "./caller.ts";
import { SLICE_BYTES } from "./protocol.ts";

/** Takes each slice only after a while, and answers how many there were and how many more came meanwhile. */
const SLOW_TAKER = `
  let slices = 0, early = 0, holding = false;
  process.on("message", ({ id, slice, begin }) => {
    if (begin) return process.send({ id, done: { slices, early } });
    slices++;
    if (holding) early++;
    holding = true;
    setTimeout(() => { holding = false; process.send({ id, took: true }); }, 5);
  });
  process.on("disconnect", () => process.exit());
`;

let process_: ComputeProcess | undefined;
afterEach(() => process_?.stop());

test("a large body does not pile up: a slice is sent when the one before was taken", async () => {
  process_ = new ComputeProcess({
    command: [process.execPath, "-e", SLOW_TAKER],
    env: process.env,
    clock: new FakeClock(),
    log: new FakeLog(),
    greet: async () => {},
  });
  const body = new Uint8Array(10 * SLICE_BYTES + 1);
  const { value } = await process_.call("any", undefined, body, new AbortController().signal);
  expect(value).toEqual({ slices: 11, early: 0 });
});
