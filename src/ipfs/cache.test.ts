import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { FakeClock } from "../../test/fakes/clock.ts";
import { flipped } from "../../test/fakes/ipfs-api.ts";
import { IpfsBlocks, someBytes } from "../../test/fakes/ipfs-blocks.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import type { Verified } from "./assemble.ts";
import { openCache } from "./cache.ts";
import { readCar } from "./car.ts";

const WANT = { maxBytes: 1_000_000, signal: new AbortController().signal };

let dir: string;
let clock: FakeClock;
let log: FakeLog;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), "fxn-ipfs-")), "cache");
  clock = new FakeClock();
  log = new FakeLog();
});
afterEach(() => rmSync(join(dir, ".."), { recursive: true, force: true }));

const opened = (maxBytes = 1_000_000) => openCache({ dir, maxBytes, clock, log });

async function content(size: number, seed = 1, chunkBytes = 1000): Promise<{ cid: CID; content: Verified }> {
  const blocks = new IpfsBlocks();
  const cid = await blocks.add(someBytes(size, seed), { chunkBytes });
  return { cid, content: await readCar(cid, await blocks.car(cid), WANT) };
}

const fileOf = (cid: CID) => join(dir, `${cid.toV1()}.car`);

test("content is read as it was written, by either version of its CID, and by another process", async () => {
  const { cid, content: written } = await content(5000);
  await opened().write(cid, written);
  for (const name of [cid, cid.toV1()]) expect((await opened().read(name, WANT))?.bytes).toEqual(written.bytes);
  expect(readdirSync(dir)).toEqual([`${cid.toV1()}.car`]);
  expect([statSync(dir).mode & 0o777, statSync(fileOf(cid)).mode & 0o777]).toEqual([0o700, 0o600]);
  expect(await opened().read((await content(5001)).cid, WANT)).toBeUndefined();
  expect(log.lines).toEqual([]);
});

test("every damaged byte of a file makes it no hit, or does no harm; a damaged file goes", async () => {
  const { cid, content: written } = await content(300, 1, 100);
  await opened().write(cid, written);
  const good = readFileSync(fileOf(cid));
  let misses = 0;
  for (let at = 0; at < good.length; at++) {
    writeFileSync(fileOf(cid), flipped(good, at, 0x41));
    const hit = await opened().read(cid, WANT);
    if (hit) expect(hit.bytes).toEqual(written.bytes);
    else {
      misses++;
      expect(readdirSync(dir)).toEqual([]);
    }
  }
  expect(misses).toBeGreaterThan(500);
  expect(log.lines.length).toBe(misses);
  // Somebody else's bytes, or none.
  const other = await content(300, 2, 100);
  await opened().write(other.cid, other.content);
  for (const bytes of [readFileSync(fileOf(other.cid)), new Uint8Array()]) {
    writeFileSync(fileOf(cid), bytes);
    expect(await opened().read(cid, WANT)).toBeUndefined();
  }
});

test("the least recently used go first; reading is use", async () => {
  const all = await Promise.all([1, 2, 3, 4].map((seed) => content(1000, seed)));
  const cache = opened(3500);
  for (const { cid, content: written } of all.slice(0, 3)) {
    await cache.write(cid, written);
    await clock.advance(1000);
  }
  const [first, second, third, fourth] = all;
  if (!first || !second || !third || !fourth) throw new Error("four");
  expect(await cache.read(first.cid, WANT)).toBeDefined();
  await clock.advance(1000);
  await cache.write(fourth.cid, fourth.content);
  const there = await Promise.all(all.map(async ({ cid }) => (await cache.read(cid, WANT)) !== undefined));
  expect(there).toEqual([true, false, true, true]);
});

test("what is larger than the cache is not kept, and a cache of no bytes keeps nothing", async () => {
  const { cid, content: written } = await content(5000);
  for (const bytes of [0, 4999]) {
    await opened(bytes).write(cid, written);
    expect(await opened(bytes).read(cid, WANT)).toBeUndefined();
  }
});

test("parts of a writer that was killed go after an hour, younger ones and other people's files stay", async () => {
  const { cid, content: written } = await content(10);
  await opened().write(cid, written);
  const old = ".0e9c1d7a-4f43-4f0e-9a34-1f1d0e9c1d7a.tmp";
  const young = ".1e9c1d7a-4f43-4f0e-9a34-1f1d0e9c1d7a.tmp";
  for (const name of [old, young, "notes.txt"]) writeFileSync(join(dir, name), "x");
  const at = (ms: number) => new Date(clock.now() - ms);
  utimesSync(join(dir, old), at(3_700_000), at(3_700_000));
  utimesSync(join(dir, young), at(3_500_000), at(3_500_000));
  await opened().write(cid, written);
  expect(readdirSync(dir).toSorted()).toEqual([young, `${cid.toV1()}.car`, "notes.txt"].toSorted());
});

test("many writers and readers at once see whole files only", async () => {
  const { cid, content: written } = await content(200_000);
  const caches = [opened(), opened(), opened()];
  await caches[0]?.write(cid, written);
  const work = Array.from({ length: 30 }, async (_, i) => {
    const cache = caches[i % 3];
    if (i % 2 === 0) await cache?.write(cid, written);
    else expect((await cache?.read(cid, WANT))?.bytes.length).toBe(200_000);
  });
  await Promise.all(work);
  expect(log.lines).toEqual([]);
  expect(readdirSync(dir)).toEqual([`${cid.toV1()}.car`]);
});

test("a folder that cannot be written is logged and does no harm", async () => {
  const { cid, content: written } = await content(10);
  writeFileSync(dir, "a file");
  await opened().write(cid, written);
  expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
    ["warn", "content could not be kept in the IPFS cache"],
  ]);
});

test("what is larger than is wanted now is left where it is", async () => {
  const { cid, content: written } = await content(200_000);
  await opened().write(cid, written);
  expect(await opened().read(cid, { ...WANT, maxBytes: 1000 })).toBeUndefined();
  const error = await opened()
    .read(cid, { ...WANT, maxBytes: 199_999 })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "content_too_large" });
  expect(await opened().read(cid, WANT)).toBeDefined();
});
