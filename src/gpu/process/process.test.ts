import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { until } from "../../../test/e2e/until.ts";
import { alive } from "../../../test/fakes/alive.ts";
import { refusalOf } from "../../../test/fakes/challenges.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { type Answer, ComputeProcess, type ComputeProcessPorts } from "./caller.ts";
import { SLICE_BYTES } from "./protocol.ts";

const FAKES = join(import.meta.dir, "../../../test/fakes");
const NOTHING = new Uint8Array(0);
const never = new AbortController().signal;
const HUNG_MS = 5000;
/** How the large answer begins and ends. */
const ENDS = "0123456789abcdef";

const started: ComputeProcess[] = [];
afterEach(() => {
  for (const one of started.splice(0)) one.stop();
});

function open(change: Partial<ComputeProcessPorts> = {}) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const compute = new ComputeProcess({
    command: [process.execPath, join(FAKES, "compute-child.ts")],
    env: process.env,
    clock,
    log,
    greet: async () => {},
    ...change,
  });
  started.push(compute);
  const call = (op: string, input?: unknown, body = NOTHING, signal = never): Promise<Answer> =>
    compute.call(op, input, body, signal);
  return { clock, log, compute, call, value: async (op: string, input?: unknown) => (await call(op, input)).value };
}

function textOf({ slices }: Answer): Buffer {
  return Buffer.concat(slices);
}

/** A call waits for its process's greeting, even when that is over. */
const sent = () => new Promise<void>((resolve) => setImmediate(() => resolve()));
const pidOf = async (value: (op: string) => Promise<unknown>) => Number(await value("pid"));

describe("calls", () => {
  test("are answered one after the other, in the order in which they came", async () => {
    const { value } = open();
    const order: unknown[] = [];
    const told = (answer: unknown) => order.push(answer);
    await Promise.all([
      value("wait", 60).then(told),
      value("echo", { a: [1, new Uint8Array(2)] }).then(told),
      value("wait", 1).then(told),
    ]);
    expect(order).toEqual(["waited", { a: [1, new Uint8Array(2)] }, "waited"]);
  });

  test("a body and an answer of many slices arrive whole", async () => {
    const { call } = open();
    const body = crypto.getRandomValues(new Uint8Array(65_536));
    const large = Buffer.concat(Array.from({ length: 321 }, () => body)).subarray(3);
    expect(textOf(await call("back", undefined, large)).equals(large)).toBeTrue();
    const text = textOf(await call("large", 5_000_000)).toString();
    expect([text.length, text.slice(0, 16), text.slice(-16)]).toEqual([5_000_032, ENDS, ENDS]);
  });

  test("any body comes back as it was, at the borders of slices too", async () => {
    const { call } = open();
    const lengths = fc.oneof(
      fc.nat(300),
      fc.integer({ min: -2, max: 2 }).map((more) => 2 * SLICE_BYTES + more),
    );
    await fc.assert(
      fc.asyncProperty(lengths, async (length) => {
        const body = Uint8Array.from({ length }, (_, at) => at);
        expect(textOf(await call("back", undefined, body)).equals(body)).toBeTrue();
      }),
      { numRuns: 30 },
    );
  });

  test("an error keeps its code, status, message, hint, headers and cause", async () => {
    const { call } = open();
    expect(await call("refuse").catch((error: unknown) => error)).toMatchObject({
      code: "engine_memory",
      status: 503,
      message: "too little memory",
      hint: "Free some.",
      headers: { "Retry-After": "30" },
      cause: { message: "cuMemAlloc: 2" },
    });
  });

  test("what was not meant to be shown is only the cause", async () => {
    const { call } = open();
    expect(await call("fail").catch((error: unknown) => error)).toMatchObject({
      code: "compute_failed",
      status: 500,
      message: "the computation failed",
      cause: { message: "secret detail" },
    });
    expect(await refusalOf(call("unknown"))).toStartWith("500 compute_failed: ");
  });

  test("what the process writes goes to the debug log, shortened", async () => {
    const { value, log } = open();
    await value("noise");
    const said = () =>
      log.lines.filter(({ message }) => message === "compute process").map(({ fields }) => fields.said);
    await until(() => said().length === 2);
    expect(said()).toContain("a driver's words");
    expect(said().every((text) => String(text).length <= 500)).toBeTrue();
  });

  test("nothing of the node's own settings is in its environment", async () => {
    const { value } = open({ env: { PATH: "/bin", FXN_PASSWORD: "canary-7f", FXN_HOME: "/x", VK_ICD_FILENAMES: "y" } });
    const environment = await value("environment");
    expect(environment).toMatchObject({ PATH: "/bin", VK_ICD_FILENAMES: "y" });
    expect(JSON.stringify(environment)).not.toContain("FXN_");
  });
});

describe("cancelling", () => {
  test("the caller gets the signal's reason, and the next call is answered", async () => {
    const { call, value } = open();
    const pid = await pidOf(value);
    const cancel = new AbortController();
    const waiting = call("wait", 60_000, NOTHING, cancel.signal);
    cancel.abort(new Error("enough"));
    expect(await waiting.catch((error: unknown) => error)).toEqual(new Error("enough"));
    expect(await pidOf(value)).toBe(pid);
    expect(await call("echo", 1, NOTHING, cancel.signal).catch((error: unknown) => error)).toEqual(new Error("enough"));
  });

  test("while its body is being sent", async () => {
    const { call, value } = open();
    const cancel = new AbortController();
    const waiting = call("back", undefined, new Uint8Array(20_000_000), cancel.signal);
    setImmediate(() => cancel.abort(new Error("enough")));
    expect(await waiting.catch((error: unknown) => error)).toEqual(new Error("enough"));
    expect(await value("echo", 2)).toBe(2);
  });

  test("a call that hangs is ended with its process after 5 s, and the next one has a new process", async () => {
    const { call, value, clock, log } = open();
    const pid = await pidOf(value);
    const cancel = new AbortController();
    const hung = call("hang", undefined, NOTHING, cancel.signal);
    await sent();
    cancel.abort(new Error("enough"));
    await clock.advance(HUNG_MS - 1);
    expect(alive(pid)).toBeTrue();
    await clock.advance(1);
    expect(await hung.catch((error: unknown) => error)).toEqual(new Error("enough"));
    expect(log.lines).toContainEqual(expect.objectContaining({ level: "error", fields: { pid } }));
    expect(await pidOf(value)).not.toBe(pid);
  });

  test("a call that still waits for its turn is over at once: the one before it works on, however long", async () => {
    const { call, value, clock } = open();
    const pid = await pidOf(value);
    const before = new AbortController();
    const working = call("wait", 60_000, NOTHING, before.signal);
    const cancel = new AbortController();
    const queued = call("crash", undefined, NOTHING, cancel.signal);
    await sent();
    cancel.abort(new Error("enough"));
    expect(await queued.catch((error: unknown) => error)).toEqual(new Error("enough"));
    await clock.advance(10 * HUNG_MS);
    before.abort(new Error("over"));
    expect(await working.catch((error: unknown) => error)).toEqual(new Error("over"));
    // The one that was cancelled is not done later, either.
    expect(await pidOf(value)).toBe(pid);
  });
});

describe("its end", () => {
  test("a crash ends every call that waits, and the next one starts a new process", async () => {
    const { call, value, log } = open();
    const pid = await pidOf(value);
    const waiting = [call("crash"), call("echo", 1), call("wait", 60_000)].map(refusalOf);
    const ended = "500 compute_ended: the process that computes ended while it worked";
    expect(await Promise.all(waiting)).toEqual([ended, ended, ended]);
    expect(log.lines.some(({ level, fields }) => level === "error" && fields.how === "SIGSEGV")).toBeTrue();
    expect(await pidOf(value)).not.toBe(pid);
  });

  test("each new process is greeted before anything else", async () => {
    const greeted: unknown[] = [];
    const { call, value } = open({
      greet: async (first) => {
        greeted.push((await first("echo", greeted.length, never)).value);
      },
    });
    expect([await value("echo", "a"), greeted]).toEqual(["a", [0]]);
    await refusalOf(call("crash"));
    expect([await value("echo", "b"), greeted]).toEqual(["b", [0, 1]]);
  });

  test("a greeting that fails, or ends the process, is no end of the node", async () => {
    const { call } = open({
      greet: async (first) => {
        await refusalOf(first("crash", undefined, never));
      },
    });
    expect(await refusalOf(call("echo", 1))).toStartWith("500 compute_ended: ");
    expect(await refusalOf(call("echo", 1))).toStartWith("500 compute_ended: ");
  });

  test("a program that is not there is a typed error, each time", async () => {
    const { call } = open({ command: ["/nonexistent/fxn", "compute-process"] });
    for (let i = 0; i < 2; i++) expect(await refusalOf(call("echo", 1))).toStartWith("500 compute_missing: ");
  });

  test("a program that is another is a typed error", async () => {
    const { call } = open({ command: [process.execPath, "-e", "process.send?.('hello')"] });
    expect(await refusalOf(call("echo", 1))).toStartWith("500 compute_ended: ");
  });

  test("messages that are none end the process, not the node", async () => {
    const { call, value } = open();
    for (const message of ["text", null, 7, { id: "x" }, { id: 0, slice: "no bytes" }, { id: 0, failed: {} }, []]) {
      expect(await refusalOf(call("nonsense", message))).toStartWith("500 compute_ended: ");
    }
    expect(await value("echo", 1)).toBe(1);
    // Of a call that is over: late, but well-formed.
    const pid = await pidOf(value);
    await refusalOf(call("late", { id: 12_345, done: 1 }));
    expect(await pidOf(value)).toBe(pid);
  });

  test("stopped: calls end, and no process starts any more", async () => {
    const { call, compute, value, log } = open();
    const pid = await pidOf(value);
    const waiting = refusalOf(call("wait", 60_000));
    await sent();
    compute.stop();
    expect(await waiting).toStartWith("503 compute_stopped: ");
    expect(alive(pid)).toBeFalse();
    expect(await refusalOf(call("echo", 1))).toStartWith("503 compute_stopped: ");
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("it ends when its node was killed, also in the middle of work and when it hangs", async () => {
    const endOf = async (op: string) => {
      const node = Bun.spawn([process.execPath, join(FAKES, "compute-parent.ts"), op], { stdout: "pipe" });
      const { value } = await node.stdout.getReader().read();
      const pid = Number(new TextDecoder().decode(value));
      expect(alive(pid)).toBeTrue();
      node.kill("SIGKILL");
      await until(() => !alive(pid));
    };
    await Promise.all(["echo", "wait", "hang"].map(endOf));
  });

  test("signals to the whole group do not end it: the node says when", async () => {
    const { value } = open();
    const pid = await pidOf(value);
    const waiting = value("wait", 200);
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(pid, name);
    expect(await waiting).toBe("waited");
    expect(await pidOf(value)).toBe(pid);
  });

  test("with no node it ends at once", async () => {
    const alone = Bun.spawn([process.execPath, join(FAKES, "compute-child.ts")], {
      stdout: "ignore",
      stderr: "ignore",
    });
    expect(await alone.exited).toBe(0);
  });
});

describe("memory", () => {
  const onLinux = process.platform === "linux" ? test : test.skip;
  onLinux("what a call needed is given back when nothing waits (RSS, Linux)", async () => {
    const { value } = open();
    const pid = await pidOf(value);
    const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
    const before = rss();
    await value("hoard", 400 * 1024 * 1024);
    await until(() => rss() < before + 50, 5000);
  });
});
