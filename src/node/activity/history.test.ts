import { beforeEach, describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { counted } from "../../observe/metrics/counted.ts";
import { httpMetrics } from "../../observe/metrics/http.ts";
import { inferenceMetrics } from "../../observe/metrics/inference.ts";
import { Registry } from "../../observe/metrics/node.ts";
import { metricsToCount } from "./counts.ts";
import { History, type ProcessMetrics } from "./history.ts";

/** A process that serves, with real metrics. */
class Process {
  readonly register = new Registry();
  readonly http = httpMetrics(this.register);
  readonly inference = inferenceMetrics(this.register);
  readonly pid: number;
  answers = true;
  isWorker = false;
  #last: object[] = [];

  constructor(pid: number) {
    this.pid = pid;
  }

  serve(code: string, tokens = 0, firstToken?: number): void {
    this.http.requests.inc({ route: "/v1/chat/completions", code });
    this.inference.tokens.inc({ model: "tiny", direction: "prompt" }, 2 * tokens);
    this.inference.tokens.inc({ model: "tiny", direction: "completion" }, tokens);
    if (firstToken !== undefined) this.inference.firstTokenSeconds.record({ model: "tiny", backend: "b" }, firstToken);
  }

  async metrics(): Promise<ProcessMetrics> {
    const told = this.isWorker ? this.register.getMetricsAsJSON() : metricsToCount(this.register);
    if (this.answers) this.#last = await told;
    return { pid: this.pid, metrics: this.answers ? this.#last : counted(this.#last) };
  }
}

let clock: FakeClock;
let processes: Process[];
let history: History;
beforeEach(() => {
  clock = new FakeClock();
  processes = [new Process(1), new Process(2)];
  processes[1]!.isWorker = true;
  history = new History({
    metrics: () => Promise.all(processes.map((one) => one.metrics())),
    gpus: () => [{ name: "a", vendor: "nvidia", utilizationGpuPct: 40 }],
    clock,
    log: new FakeLog(),
  });
});
const sampled = async () => {
  await history.take();
  return history.samples().at(-1);
};

describe("history of what a node does", () => {
  test("a sample has what all processes have counted since the one before", async () => {
    const [one, two] = [processes[0]!, processes[1]!];
    one.serve("200", 5, 0.02);
    two.serve("200", 7, 0.02);
    two.serve("401");
    expect(await sampled()).toEqual({
      at: clock.now(),
      answers: { "2": 2, "4": 1 },
      promptTokens: 24,
      completionTokens: 12,
      firstToken: { p50: expect.closeTo(0.0175, 5), p95: expect.closeTo(0.02425, 5) },
      inFlight: 0,
      streams: 0,
      waiting: 0,
      gpus: [{ utilizationPct: 40, vramUsedMb: null }],
    });
    two.serve("503", 1);
    two.inference.backendInflight.add({ backend: "b" }, 3);
    one.inference.backendInflight.add({ backend: "b" }, 1);
    one.inference.streams.add({ model: "tiny" }, 2);
    two.inference.streams.add({ model: "tiny" }, 1);
    one.inference.queueDepth.set({ model: "tiny" }, 2);
    const next = await sampled();
    expect(next).toMatchObject({
      answers: { "2": 0, "4": 0, "5": 1 },
      completionTokens: 1,
      inFlight: 4,
      streams: 3,
      waiting: 2,
    });
    expect(next?.firstToken).toBeNull();
  });

  test("a worker that is replaced takes nothing away, and what its successor counts is counted", async () => {
    for (let i = 0; i < 100; i++) processes[1]!.serve("200", 10);
    await sampled();
    processes[1] = new Process(3);
    processes[1].serve("200", 1);
    processes[0]!.serve("200", 1);
    expect(await sampled()).toMatchObject({ answers: { "2": 2 }, completionTokens: 2 });
  });

  test("the same process id with lower counts is another process", async () => {
    for (let i = 0; i < 100; i++) processes[1]!.serve("200", 10, 1);
    await sampled();
    processes[1] = new Process(2);
    processes[1].serve("200", 1, 0.02);
    const { answers, firstToken } = (await sampled())!;
    expect(answers).toEqual({ "2": 1 });
    expect(firstToken!.p95).toBeLessThan(0.025);
  });

  test("one that is late for once is caught up with, and counted once", async () => {
    const two = processes[1]!;
    for (let i = 0; i < 100; i++) two.serve("200");
    await sampled();
    two.answers = false;
    expect((await sampled())?.answers).toEqual({ "2": 0 });
    two.answers = true;
    two.serve("200");
    expect((await sampled())?.answers).toEqual({ "2": 1 });
  });

  test("one every five seconds, an hour of them; a clock that is set does not tear them apart", async () => {
    const stop = new AbortController();
    const run = history.run(stop.signal);
    await clock.advance(15_000);
    clock.jump(-3_600_000);
    await clock.advance(10_000);
    const times = history.samples().map(({ at }) => at - clock.now());
    expect(times).toEqual([-20_000, -15_000, -10_000, -5000, 0]);
    for (let i = 0; i < 800; i++) await history.take();
    expect(history.samples().length).toBe(720);
    stop.abort();
    await run;
  });

  test("a process that talks nonsense costs one sample, not the history", async () => {
    const log = new FakeLog();
    let nonsense = true;
    const odd = new History({
      metrics: async () => [{ pid: 1, metrics: nonsense ? [{ name: 5 }] : [] }],
      gpus: () => [],
      clock,
      log,
    });
    const stop = new AbortController();
    const run = odd.run(stop.signal);
    await clock.advance(5000);
    nonsense = false;
    await clock.advance(5000);
    expect([odd.samples().length, log.lines.length]).toEqual([1, 1]);
    stop.abort();
    await run;
  });
});
