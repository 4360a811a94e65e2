import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { streamsAcross } from "../../../test/e2e/streams-across.ts";
import { until } from "../../../test/e2e/until.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { backend, oneModel } from "../../../test/fakes/inference-rig.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { healthy, ModelServer, stream } from "../../../test/fakes/model-server.ts";
import { processConfig } from "../../../test/fakes/process-backend-rig.ts";
import type { BackendConfig } from "../../config/models-schema.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { createRowsFile } from "../../lib/shared-rows.ts";
import { merged } from "../../observe/metrics/node.ts";
import { bufferedBodiesEach, servingProcesses, workerCount } from "./count.ts";
import { WorkerGroup, type WorkerOrders } from "./worker-group.ts";
import { WorkerError } from "./worker-process.ts";

const HELPER = join(import.meta.dir, "..", "..", "..", "test", "fakes", "failing-worker.ts");

test("one for each core up to 4 on Linux, what is configured, and 1 where a port cannot be shared", () => {
  expect([workerCount(0, "linux", 2), workerCount(0, "linux", 64), workerCount(7, "linux", 2)]).toEqual([2, 4, 7]);
  expect([workerCount(0, "darwin", 8), workerCount(4, "win32", 8)]).toEqual([1, 1]);
});

test("a node with a runner serves alone: each worker would start another", () => {
  const server = backend("http://127.0.0.1:1");
  const runner = processConfig({ command: ["python3"] });
  const config = { server: { workers: 3 } };
  const count = (...backends: BackendConfig[]) => servingProcesses(config, oneModel(...backends));
  expect([count(server), count(server, runner), servingProcesses(config, undefined)]).toEqual(
    process.platform === "linux" ? [3, 1, 3] : [1, 1, 1],
  );
});

test("the workers hold no more bodies together than one process would, and each lets the largest body in", () => {
  const limits = { bufferedBodies: 1000, openaiBody: 100, challengeBody: 200 };
  expect([1, 2, 4].map((workers) => bufferedBodiesEach(limits, workers))).toEqual([1000, 500, 250]);
  expect(bufferedBodiesEach(limits, 8)).toBe(200);
});

describe.skipIf(process.platform !== "linux")("a group of workers", () => {
  const home = mkdtempSync(join(tmpdir(), "fxn-workers-"));
  const MODELS = join(home, "model_backend.yaml");
  let model: ModelServer;
  beforeAll(async () => {
    model = await ModelServer.start();
  });
  afterAll(() => {
    model.stop();
    rmSync(home, { recursive: true, force: true });
  });

  /** In a home with these settings: two workers that let everyone in. */
  function group(command: readonly string[], settings: Record<string, unknown> = {}, clock: Clock = systemClock) {
    const log = new FakeLog();
    const rows = { path: join(home, "fxn.shared"), processes: 3 };
    createRowsFile(rows.path, rows.processes);
    const config = { registry: { bypassAuth: true }, ...settings };
    const serving = (id: string) => ({
      [join(home, "config.yaml")]: stringify(config),
      [MODELS]: stringify({ models: [{ id, backends: [{ url: model.url }] }] }),
    });
    const forgotten: number[] = [];
    const orders: WorkerOrders = {
      start: { home, version: "9.9.9", files: serving("tiny"), logLevel: "error", rows },
      elapsed: () => 0,
      gateways: () => ({ addresses: [] }),
      forget: (number) => forgotten.push(number),
    };
    const workers = new WorkerGroup(2, { command, env: process.env, clock, log });
    return { workers, forgotten, log, serving, listen: () => workers.listen({ host: "127.0.0.1", port: 0 }, orders) };
  }
  const real = [process.execPath, HELPER];
  const ask = (port: number, id = "tiny", signal?: AbortSignal) =>
    fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: id, stream: true, messages: [{ role: "user", content: "hi" }] }),
      signal,
    });
  /** What is answered to who asks for that model on many connections; undefined: nothing. */
  const answers = async (port: number, id: string) => {
    const asked = Array.from({ length: 12 }, () => ask(port, id));
    return (await Promise.allSettled(asked)).map((one) => (one.status === "fulfilled" ? one.value.status : undefined));
  };
  /** Whether that model is served in place of the one before. */
  const changedTo = async (port: number, id: string, before: string) =>
    (await answers(port, id)).every((status) => status === 200) &&
    (await answers(port, before)).every((status) => status === 404);
  const ended = (text: string) => text.endsWith("data: [DONE]\n\n");

  test("a fault that nobody catches: its streams end in an error event, the others whole, and it is replaced", async () => {
    model.behave = (received, response) =>
      (received.method === "GET" ? healthy : stream({ tokens: 30, everyMs: 50 }))(received, response);
    const { workers, forgotten, listen } = group(real);
    const listener = await listen();
    const responses = await Promise.all(Array.from({ length: 16 }, () => ask(listener.port)));
    const [first] = workers.alive;
    process.kill(first?.pid ?? 0, "SIGUSR2");
    const texts = await Promise.all(responses.map((response) => response.text()));
    const told = texts.filter((text) => !ended(text));
    expect([told.length > 0, told.length < texts.length]).toEqual([true, true]);
    for (const text of told) expect(text).toContain('"code":"backend_stream_cut"');
    for (let i = 0; i < 200 && (workers.alive.length < 2 || workers.replaced === 0); i++) await Bun.sleep(25);
    expect([workers.alive.length, workers.replaced, forgotten]).toEqual([2, 1, [1]]);
    expect(workers.died(60 * 60_000)).toBe(1);
    expect(workers.alive.some(({ pid }) => pid === first?.pid)).toBeFalse();
    await listener.stop();
    expect(workers.alive).toEqual([]);
  });

  test("draining: what runs ends whole, all processes end, and nothing is replaced", async () => {
    model.behave = (received, response) =>
      (received.method === "GET" ? healthy : stream({ tokens: 10, everyMs: 30 }))(received, response);
    const { workers, listen } = group(real);
    const listener = await listen();
    const responses = await Promise.all(Array.from({ length: 6 }, () => ask(listener.port)));
    const drained = listener.drain(5000);
    for (const response of responses) expect(ended(await response.text())).toBeTrue();
    expect([await drained, workers.alive, workers.replaced]).toEqual([0, [], 0]);
  });

  test("what workers answered about themselves is let go while they live", async () => {
    const { workers, listen } = group(real);
    const listener = await listen();
    const answers: WeakRef<object>[] = [];
    for (let i = 0; i < 50; i++) {
      answers.push(...(await workers.metrics.byPid()).map(({ metrics }) => new WeakRef(metrics)));
    }
    expect(answers).toHaveLength(100);
    await Bun.sleep(0);
    Bun.gc(true);
    expect(answers.filter((answer) => answer.deref() !== undefined).length).toBeLessThan(20);
    await listener.stop();
    expect(await workers.metrics.byPid()).toEqual([]);
  });

  test("counters never fall: a worker that is silent keeps its share, and so does one that is gone; its gauges do not", async () => {
    model.behave = (received, response) =>
      (received.method === "GET" ? healthy : stream({ tokens: 1 }))(received, response);
    const { workers, listen } = group(real);
    const listener = await listen();
    const serve = async () => {
      for (const response of await Promise.all(Array.from({ length: 16 }, () => ask(listener.port))))
        expect(ended(await response.text())).toBeTrue();
    };
    /** Answered requests, and first tokens. */
    const totals = async () => {
      const text = await merged(await workers.metrics.all());
      const of = (name: string) => Number(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)$`, "m").exec(text)?.[1] ?? 0);
      return [of("fxn_http_requests_total"), of("fxn_inference_first_token_seconds_count")];
    };
    const gauges = async () => {
      const all = (await workers.metrics.all()).flat();
      return all.filter((metric) => "name" in metric && metric.name === "process_resident_memory_bytes").length;
    };
    await serve();
    await until(async () => (await totals()).every((total) => total === 16));
    expect(await gauges()).toBe(2);
    const { pid = 0 } = workers.alive[0] ?? {};
    process.kill(pid, "SIGSTOP");
    expect([await totals(), await gauges()]).toEqual([[16, 16], 1]);
    process.kill(pid, "SIGKILL");
    await until(() => workers.replaced === 1 && workers.alive.length === 2);
    expect(await totals()).toEqual([16, 16]);
    await until(async () => (await gauges()) === 2);
    await serve();
    await until(async () => (await totals()).every((total) => total === 32));
    await listener.stop();
    expect(await totals()).toEqual([32, 32]);
  });

  test("reload: a worker that hangs and does not take it over is ended, and the next one serves by it", async () => {
    model.behave = (received, response) =>
      (received.method === "GET" ? healthy : stream({ tokens: 1 }))(received, response);
    const clock = new FakeClock();
    const { workers, serving, log, listen } = group(real, {}, clock);
    const { port, stop } = await listen();
    const prepared = await workers.prepare(serving("other"));
    const [hung] = workers.alive;
    process.kill(hung?.pid ?? 0, "SIGSTOP");
    let applied = false;
    const reload = Promise.resolve(prepared.commit()).then(() => {
      applied = true;
    });
    // The other one has.
    await until(() =>
      ask(port, "other", AbortSignal.timeout(500)).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    expect(applied).toBeFalse();
    await until(async () => {
      await clock.advance(500);
      return applied;
    });
    await reload;
    expect(workers.alive.some(({ pid }) => pid === hung?.pid)).toBeFalse();
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: "error", fields: { worker: 1, pid: hung?.pid } }),
    );
    await until(async () => {
      await clock.advance(500);
      return workers.alive.length === 2 && (await changedTo(port, "other", "tiny"));
    });
    expect(workers.replaced).toBe(1);
    await stop();
  });

  test("reload: a worker that is new and cannot take it over ends its streams whole, and takes no new ones", async () => {
    const across = streamsAcross();
    model.behave = (received, response) => (received.method === "GET" ? healthy : across.behave)(received, response);
    const { workers, serving, log, listen } = group(real);
    const { port, stop } = await listen();
    const files: Record<string, string> = serving("other");
    const prepared = await workers.prepare(files);
    process.kill(workers.alive[0]?.pid ?? 0, "SIGKILL");
    await until(() => log.lines.some(({ message }) => message === "worker serves"));
    const responses = await Promise.all(Array.from({ length: 12 }, () => ask(port)));
    const right = files[MODELS] ?? "";
    files[MODELS] = "models: nonsense";
    await prepared.commit();
    files[MODELS] = right;
    expect(await answers(port, "tiny")).not.toContain(200);
    across.happened();
    for (const response of responses) expect(ended(await response.text())).toBeTrue();
    await until(
      async () => workers.alive.length === 2 && workers.replaced === 2 && (await changedTo(port, "other", "tiny")),
    );
    expect(workers.replaced).toBe(2);
    await stop();
  });

  test("what keeps a worker from starting is said, and none is left", async () => {
    const wrong = group(real, { node: { listenPort: "many" } });
    await expect(wrong.listen()).rejects.toThrow(/listenPort/);
    expect(() => group([join(home, "no-such-program")])).toThrow(WorkerError);
    const silent = group([process.execPath, "-e", "process.exit(3)"]);
    await expect(silent.listen()).rejects.toMatchObject({ code: "worker_ended" });
    for (const { workers } of [wrong, silent]) expect(workers.alive).toEqual([]);
  });
});
