import { afterAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { canaryHome, FROM_SOURCES, LIMITS, onnxRig } from "../../../../test/fakes/onnx-rig.ts";
import { processes } from "../../../../test/fakes/processes.ts";
import { floats, int64s } from "../../../../test/sandbox/onnx.ts";
import * as models from "../../../../test/sandbox/onnx-models.ts";
import { SandboxError } from "../../../lib/sandbox.ts";
import type { ModelLimits } from "./compute.ts";
import { ModelError } from "./model-error.ts";

const home = canaryHome();
afterAll(() => rmSync(home, { recursive: true, force: true }));
const onnx = onnxRig({ home });
const never = new AbortController().signal;
const json = (text: string) => new TextEncoder().encode(text);
const run = (model: Uint8Array, input: Uint8Array, more: Partial<ModelLimits> = {}) =>
  onnx.run(model, input, { ...LIMITS, ...more }, never);

function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "none",
    (error: unknown) => (error instanceof ModelError ? `${error.code}: ${error.message}` : `other: ${error}`),
  );
}

/** The processes of models that run now; other tests may have some of the compiled program. */
const running = () => processes().filter(({ line }) => line.includes(FROM_SOURCES.command.join(" ")));

describe("a model gives the bytes of its first output", () => {
  test("float32, of numbers in JSON and in bytes", async () => {
    expect(await run(models.doubling, json("[0.5, -1.25]"))).toEqual(floats(1, -2.5));
    expect(await run(models.doubling, floats(0.5, -1.25))).toEqual(floats(1, -2.5));
  });

  test("int64", async () => {
    expect(await run(models.largest, json("[3, 9, 4]"))).toEqual(int64s(1));
  });

  test("by the same kernels everywhere: these very bits", async () => {
    expect(Buffer.from(await run(models.matmul, json("[0.25, -0.125, 0.5]"))).toString("hex")).toBe("095099bdf5cb7abe");
  });

  test("input after input, of one process, as long as it is open", async () => {
    // Of tests before this one some may still be about to end.
    const before = new Set(running().map(({ pid }) => pid));
    const more = () => running().filter(({ pid }) => !before.has(pid)).length;
    const opened = await onnx.open(models.loop(3), LIMITS, never);
    for (const number of [1, 2, 5]) expect(await opened.run(floats(number), never)).toEqual(floats(4 * number));
    expect(more()).toBe(1);
    opened.close();
    expect(await failure(opened.run(floats(1), never))).toBe("model_spent: the model is closed");
    while (more() > 0) await Bun.sleep(20);
  });
});

describe("no result is made up", () => {
  test.each<[string, Uint8Array, string]>([
    ["two inputs", models.twoInputs, "model_declined: the model has 2 inputs that must be given, not one"],
    ["no input", models.noInput, "model_declined: the model has 0 inputs that must be given, not one"],
    ["an input of int64", models.takesInt64, "model_declined: the model takes int64, not float32"],
    ["text", models.text, "model_declined: the model gives string: a result is float32 or int64"],
    ["float64", models.doubles, "model_declined: the model gives float64: a result is float32 or int64"],
    ["an operator of its own", models.ownOperator, "model_failed: the model cannot be loaded: "],
    ["what draws random numbers", models.random, "model_declined: the model draws random numbers (RandomNormalLike)"],
    ["what does in a loop", models.randomInLoop, "model_declined: the model draws random numbers (RandomUniformLike)"],
    ["what is no ONNX", json("not-an-onnx-model"), "model_failed: the model cannot be loaded: "],
    ["half a model", models.matmul.subarray(0, 80), "model_failed: the model cannot be loaded: "],
    ["nothing", new Uint8Array(0), "model_failed: the model cannot be loaded: "],
  ])("of %s", async (_name, model, expected) => {
    expect(await failure(run(model, floats(1, 2)))).toStartWith(expected);
  });

  test("of an input of another size, or of none", async () => {
    expect(await failure(run(models.matmul, floats(1, 2)))).toMatch(/^model_failed: .* on this input: .*dimensions/);
    expect(await failure(run(models.doubling, json("abc")))).toStartWith("model_declined: the input is no JSON array");
  });
});

describe("a hostile model ends as an error", () => {
  test("that reads the node's files as its weights", async () => {
    for (const location of ["nodekey.bin", join(home, "nodekey.bin"), "../../../../etc/passwd", "/proc/self/environ"])
      expect(await failure(run(models.besides(location), floats(1, 2)))).toStartWith("model_failed: ");
  });

  test("that says its weights are larger than they are", async () => {
    for (const shape of [
      [1, 2 ** 29],
      [2 ** 31, 2 ** 31],
      [2 ** 50, 2],
    ])
      expect(await failure(run(models.lying(...shape), floats(1, 2)))).toStartWith("model_failed: ");
  });

  test("that wants more memory than it may have, at once and step by step", async () => {
    expect(await failure(run(models.filled(2 ** 14, 2 ** 14), floats(1)))).toStartWith("model_failed: ");
    expect(await failure(run(models.filled(2 ** 40, 2 ** 40), floats(1)))).toStartWith("model_failed: ");
    expect(await failure(run(models.loop(60, true), floats(1)))).toStartWith("model_failed: ");
  });

  test("that gives more than is taken", async () => {
    expect(await failure(run(models.filled(2 ** 10, 2 ** 9), floats(1)))).toBe(
      "model_output: the output has 2097152 bytes: more than 1048576 are not taken",
    );
  });

  test("that never ends: it is killed", async () => {
    const before = running().length;
    expect(await failure(run(models.loop(2 ** 52), floats(1), { timeMs: 3000 }))).toBe(
      "model_timeout: the model took longer than 3000 ms",
    );
    while (running().length > before) await Bun.sleep(20);
  });

  test("that is larger than its memory: it is not even started", async () => {
    const model = new Uint8Array(65 * 1024 * 1024);
    expect(await failure(run(model, floats(1), { memoryBytes: 1 }))).toBe(
      "model_declined: the model has 68157440 bytes: models may take 67108864 of memory",
    );
  });
});

describe("the process of a model", () => {
  test("is killed when its task is aborted, and the task hears why", async () => {
    const before = running().length;
    const stop = new AbortController();
    const opened = await onnx.open(models.loop(2 ** 52), LIMITS, never);
    const result = opened.run(floats(1), stop.signal);
    setTimeout(() => stop.abort(new Error("the node stops")), 200);
    expect(await failure(result)).toBe("other: Error: the node stops");
    while (running().length > before) await Bun.sleep(20);
    expect(await failure(opened.run(floats(1), never))).toBe("other: Error: the node stops");
  });

  test("that crashes, or is none, is an error", async () => {
    const of = (...command: string[]) => onnxRig({ home, program: { command, readable: [] } });
    const ask = (...command: string[]) => failure(of(...command).run(models.doubling, floats(1), LIMITS, never));
    expect(await ask(process.execPath, "-e", "process.exit(3)")).toBe(
      "model_ended: the process of a model ended with code 3",
    );
    expect(await ask(process.execPath, "-e", "console.log('hello'); await Bun.sleep(5000)")).toStartWith(
      "model_ended: the process of a model says what is not in its protocol: a frame of kind 104",
    );
    expect(await ask("/nowhere/fxn")).toStartWith("model_ended: the process of a model cannot be started");
  });

  test("is refused where a sandbox is wanted and there is none", async () => {
    const elsewhere = onnxRig({ home, sandbox: "required", platform: "darwin" });
    await expect(elsewhere.check()).rejects.toThrow(SandboxError);
    await expect(elsewhere.run(models.doubling, floats(1), LIMITS, never)).rejects.toThrow("only on Linux");
  });
});
