import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { FakeClock } from "../../test/fakes/clock.ts";
import { createRowsFile, MappedRows, ownRows, SharedRowsError } from "./shared-rows.ts";

const folder = mkdtempSync(join(tmpdir(), "fxn-rows-"));
afterEach(() => rmSync(join(folder, "rows"), { force: true }));
const PATH = join(folder, "rows");
const HELPER = join(import.meta.dir, "..", "..", "test", "fakes", "counting-process.ts");

function open(process: number, processes = 3, elapsedMs = 0): MappedRows {
  return new MappedRows({ path: PATH, processes, process, clock: new FakeClock(), elapsedMs });
}

test("a name is one row in every process, and another name another", () => {
  createRowsFile(PATH, 3);
  const [a, b] = [open(0), open(1)];
  expect(a.row("x").counter.enter(2)).toBe(true);
  expect(b.row("x").counter.enter(2)).toBe(true);
  expect([a.row("x").counter.enter(2), b.row("x").counter.enter(2)]).toEqual([false, false]);
  expect([a.row("x").counter.total(), b.row("y").counter.total()]).toEqual([2, 0]);
  b.row("x").counter.leave();
  expect(a.row("x").counter.total()).toBe(1);
});

test("what a process that died had counted is taken back, what others count stays", () => {
  createRowsFile(PATH, 3);
  const [a, b] = [open(1), open(2)];
  for (const name of ["x", "y"]) {
    a.row(name).counter.enter(9);
    b.row(name).counter.enter(9);
    b.row(name).counter.enter(9);
  }
  open(0).forget(2);
  expect([a.row("x").counter.total(), a.row("y").counter.total()]).toEqual([1, 1]);
});

test("words begin at 0 and change in whole steps; undefined leaves them", () => {
  const [word, other] = ownRows(new FakeClock()).row("x").words;
  expect(word.update((now) => now + 5n)).toBe(5n);
  expect(word.update(() => undefined)).toBe(5n);
  expect(other.update((now) => now)).toBe(0n);
});

test("time is the node's: a process that starts later is told how late it is", async () => {
  const clock = new FakeClock();
  const rows = new MappedRows({ path: undefined, processes: 1, process: 0, clock, elapsedMs: 5000 });
  await clock.advance(250);
  expect(rows.elapsed()).toBe(5250);
});

test("many names keep apart, also when their places collide", () => {
  const rows = ownRows(new FakeClock());
  for (let i = 0; i < 20_000; i++) rows.row(`caller ${i}`).words[0].update(() => BigInt(i));
  for (let i = 0; i < 20_000; i += 997)
    expect(rows.row(`caller ${i}`).words[0].update(() => undefined)).toBe(BigInt(i));
});

test("more names than there are rows are refused, not mixed up", () => {
  const rows = ownRows(new FakeClock());
  const fill = () => {
    for (let i = 0; i <= 32_768; i++) rows.row(`caller ${i}`);
  };
  expect(fill).toThrow(SharedRowsError);
});

test("the file is for this user alone, replaces an old one, and a wrong one is refused", () => {
  writeFileSync(PATH, "old");
  createRowsFile(PATH, 3);
  expect(statSync(PATH).mode & 0o777).toBe(0o600);
  expect(open(0).row("x").counter.total()).toBe(0);
  truncateSync(PATH, 4096);
  expect(() => open(0)).toThrow(SharedRowsError);
  rmSync(PATH);
  expect(() => open(0)).toThrow(SharedRowsError);
});

test.skipIf(process.platform !== "linux")(
  "four real processes at once: no more than the limit at a time, no step lost, and the dead are forgotten",
  async () => {
    const processes = 5;
    createRowsFile(PATH, processes);
    const run = (own: number) =>
      Bun.spawn([process.execPath, HELPER, PATH, String(processes), String(own), "50000", "2"], { stdout: "pipe" });
    const said = await Promise.all([1, 2, 3, 4].map((own) => new Response(run(own).stdout).json()));
    const counted = z.array(z.object({ entered: z.number(), highest: z.number() })).parse(said);
    const rows = open(0, processes);
    const { counter, words } = rows.row("places");
    expect(Math.max(...counted.map(({ highest }) => highest))).toBeLessThanOrEqual(2);
    expect(words[0].update(() => undefined)).toBe(BigInt(counted.reduce((sum, { entered }) => sum + entered, 0)));
    expect([counter.total(), rows.row("left behind").counter.total()]).toEqual([0, 4]);
    for (const own of [1, 2, 3]) rows.forget(own);
    expect(rows.row("left behind").counter.total()).toBe(1);
  },
  30_000,
);
