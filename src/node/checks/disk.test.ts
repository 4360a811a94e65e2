import { expect, test } from "bun:test";
import { DISK_CHECKS } from "./disk.ts";
import { openSurroundings } from "./surroundings.ts";

const clock = { now: () => 0, monotonic: () => 0, after: () => () => {} };
const look = openSurroundings({ home: import.meta.dir, version: "1", env: {}, status: async () => undefined, clock });

test.each([
  [0, "fail", "0 MB are free"],
  [99.9e6, "fail", "99 MB are free"],
  [100e6, "warn", "100 MB are free"],
  [999e6, "warn", "999 MB are free"],
  [1e9, "ok", "1 GB are free"],
  [2.5e12, "ok", "2500 GB are free"],
])("%d bytes", async (free, state, message) => {
  const [check] = DISK_CHECKS;
  expect(await check?.run({ ...look, freeBytes: async () => free }, new AbortController().signal)).toMatchObject({
    ...{ state, message },
  });
});

test("the disk of this file has room", async () => {
  expect(await look.freeBytes()).toBeGreaterThan(0);
});
