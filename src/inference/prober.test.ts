import { describe, expect, test } from "bun:test";
import { Registry } from "prom-client";
import { FakeBackend } from "../../test/fakes/backend.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { ownRows } from "../lib/shared-rows.ts";
import { inferenceMetrics } from "../observe/metrics/inference.ts";
import { inferenceHealth } from "./health.ts";
import { probe } from "./prober.ts";
import { Upstream } from "./upstream.ts";

async function setUp(interval = 15_000) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const register = new Registry();
  const backend = new FakeBackend();
  const health = { failures: 3, ejection: 1000, maxEjection: 30_000 };
  const upstream = new Upstream("http://fake:1", backend, health, {
    clock,
    log,
    metrics: inferenceMetrics(register),
    rows: ownRows(clock),
  });
  const abort = new AbortController();
  const done = probe([upstream], { interval, timeout: 5000 }, clock, abort.signal);
  await clock.advance(0);
  const up = async () => (await register.getSingleMetric("fxn_backend_up")?.get())?.values[0]?.value;
  return { clock, log, backend, upstream, abort, done, up };
}

describe("probing", () => {
  test("at once, then at each interval", async () => {
    const { clock, backend, upstream, up } = await setUp();
    expect([backend.probes, upstream.breaker.state, await up()]).toEqual([1, "closed", 1]);
    await clock.advance(14_999);
    expect(backend.probes).toBe(1);
    await clock.advance(1);
    expect(backend.probes).toBe(2);
  });

  test("failing probes are failures; then one at the end of each ejection, until it is back", async () => {
    const { clock, log, backend, upstream, up } = await setUp();
    backend.healthy = false;
    await clock.advance(45_000);
    expect([backend.probes, upstream.breaker.state, await up()]).toEqual([4, "open", 0]);
    await clock.advance(1000);
    expect([backend.probes, upstream.breaker.ejectedForMs()]).toEqual([5, 2000]);
    await clock.advance(2000);
    expect([backend.probes, upstream.breaker.ejectedForMs()]).toEqual([6, 4000]);
    backend.healthy = true;
    await clock.advance(4000);
    expect([backend.probes, upstream.breaker.state, await up()]).toEqual([7, "closed", 1]);
    expect(log.lines.map(({ level, message }) => `${level}: ${message}`)).toContain("warn: model server left out");
    expect(log.lines.at(-1)).toMatchObject({ level: "info", message: "model server answers" });
  });

  test("an ejection by requests is probed at its end, not at the next interval", async () => {
    const { clock, backend, upstream } = await setUp();
    for (let i = 0; i < 3; i++) upstream.breaker.admit().failed("reset");
    await clock.advance(1000);
    expect([backend.probes, upstream.breaker.state]).toEqual([2, "closed"]);
  });

  test("a server that passes probes and fails requests is left out for longer each time", async () => {
    const { clock, upstream } = await setUp();
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 3; i++) upstream.breaker.admit().failed("reset");
      times.push(upstream.breaker.ejectedForMs());
      await clock.advance(upstream.breaker.ejectedForMs());
      expect(upstream.breaker.state).toBe("closed");
    }
    expect(times).toEqual([1000, 2000, 4000]);
  });

  test("one that does not answer in time has failed, and does not hold up the next", async () => {
    const { clock, backend, upstream } = await setUp();
    backend.onProbe = (signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
    await clock.advance(15_000 + 5000);
    expect(upstream.breaker.lastError).toBe("no answer to the probe within 5000 ms");
    await clock.advance(10_000);
    expect(backend.probes).toBe(3);
  });

  test("does not interfere with a request's trial", async () => {
    const { clock, backend, upstream } = await setUp();
    for (let i = 0; i < 3; i++) upstream.breaker.admit().failed("reset");
    backend.onProbe = () => new Promise(() => {});
    await clock.advance(1000);
    // The probe is the trial now: no request passes beside it.
    expect([backend.probes, upstream.breaker.available()]).toEqual([2, false]);
  });

  test("stops with the signal, in the middle of a wait or of a probe", async () => {
    const waiting = await setUp();
    waiting.abort.abort();
    await waiting.done;
    await waiting.clock.advance(60_000);
    expect(waiting.backend.probes).toBe(1);
    const probing = await setUp();
    probing.backend.onProbe = (signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
    await probing.clock.advance(15_000);
    probing.abort.abort();
    await probing.done;
    expect(probing.upstream.breaker.lastError).toBeUndefined();
  });

  test("an interval of 0 turns it off", async () => {
    const { clock, backend, abort, done } = await setUp(0);
    await clock.advance(60_000);
    expect(backend.probes).toBe(0);
    abort.abort();
    await done;
  });
});

test("health: ready when a server works, and why the others do not", async () => {
  const { clock, backend, upstream } = await setUp();
  expect(inferenceHealth([upstream], [], true)).toMatchObject({ ready: true, reasons: [] });
  backend.healthy = false;
  await clock.advance(45_000);
  expect(inferenceHealth([upstream], [], true)).toMatchObject({
    ready: false,
    reasons: ["model server http://fake:1 is left out: http://fake:1: the health probe was answered 503"],
    backends: [{ state: "open", available: false, ejectedForMs: 1000 }],
  });
  const { upstream: quiet } = await setUp(0);
  expect(inferenceHealth([quiet], [], true)).toMatchObject({
    ready: false,
    reasons: ["model server http://fake:1 has not answered yet"],
  });
  expect(inferenceHealth([quiet], [], false)).toMatchObject({ ready: true, reasons: [] });
});
