import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../test/e2e/until.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { systemClock } from "../core/clock.ts";
import type { ProductFacts } from "../core/compute.ts";
import { type Compute, createCompute } from "./compute.ts";

const signal = new AbortController().signal;
const TASK = { m: 2, k: 2, n: 2, matrices: undefined, backend: "auto", precision: "float64" } as const;
let compute: Compute | undefined;
afterEach(() => compute?.stop());

/** @param how what the program does with its engines: test/fakes/engine-process.ts */
function open(...how: string[]) {
  const log = new FakeLog();
  const products: ProductFacts[] = [];
  const command = [process.execPath, join(import.meta.dir, "../../test/fakes/engine-process.ts"), ...how];
  const options = { threads: 1, softwareAdapter: false, memoryBytes: 1e9 };
  compute = createCompute({ command, env: process.env, clock: systemClock, log }, options, (facts) =>
    products.push(facts),
  );
  return { compute, log, products };
}

test("a product is answered and counted, and the engines are known", async () => {
  const { compute, products } = open("works");
  const { pieces } = await compute.multiply(TASK, signal);
  expect(JSON.parse(Buffer.concat(pieces).toString()).backend).toBe("cpu");
  expect(products).toEqual([expect.objectContaining({ size: 2, backend: "cpu" })]);
  expect(compute.engines()).toEqual([expect.objectContaining({ backend: "cpu" })]);
});

test("challenges.threads and challenges.softwareAdapter: the next product gets a process with other options, one that runs ends in its own", async () => {
  const { compute, log } = open("works");
  await compute.multiply(TASK, signal);
  const started = () => log.lines.filter(({ message }) => message === "compute process started");
  const running = compute.multiply({ ...TASK, m: 300, k: 300, n: 300 }, signal);
  // It is with its process by then.
  await Bun.sleep(1);
  compute.changeTo({ threads: 2, softwareAdapter: true, memoryBytes: 1 });
  await running;
  expect(started()).toHaveLength(2);
  const refused = await compute.multiply(TASK, signal).catch((error: unknown) => String(error));
  expect(refused).toMatch(/memory/);
  compute.changeTo({ threads: 2, softwareAdapter: true, memoryBytes: 1 });
  expect(started()).toHaveLength(2);
  expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("challenges.threads while engines are being opened: no engine is lost with the process that is left, and the next one goes on", async () => {
  const opens = join(mkdtempSync(join(tmpdir(), "fxn-engines-")), "opens");
  const { compute, log } = open("waits", opens);
  const opening = () => log.lines.filter(({ fields }) => String(fields.said).includes("opening"));
  const started = () => log.lines.filter(({ message }) => message === "compute process started");
  compute.warmUp();
  await until(() => opening().length === 1);
  const waiting = compute.multiply(TASK, signal);
  compute.changeTo({ threads: 2, softwareAdapter: false, memoryBytes: 1e9 });
  await until(() => opening().length === 2);
  writeFileSync(opens, "");
  await waiting;
  expect(started()).toHaveLength(2);
  expect(compute.engines()).toEqual([expect.objectContaining({ backend: "cpu" })]);
  expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("a driver that crashes while it is opened costs its own engine only, and is tried twice", async () => {
  const { compute, log } = open("crashes");
  // Asked before the process has ever run: the answer comes from the third one.
  await compute.multiply(TASK, signal);
  expect(compute.engines()).toEqual([expect.objectContaining({ backend: "cpu" })]);
  expect(log.lines.filter(({ message }) => message === "opening an engine ended its process")).toHaveLength(2);
  expect(log.lines).toContainEqual(
    expect.objectContaining({
      message: "matmul engine not there",
      fields: expect.objectContaining({ engine: "cuda" }),
    }),
  );
});

test("a device that fails gets a new process, and the next challenge is answered", async () => {
  const { compute } = open("fails");
  await expect(compute.multiply({ ...TASK, backend: "cuda" }, signal)).rejects.toMatchObject({ code: "engine_failed" });
  await compute.multiply({ ...TASK, backend: "cpu" }, signal);
  expect(compute.engines()).toHaveLength(2);
});
