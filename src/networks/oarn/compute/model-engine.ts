// ONNX Runtime, in WebAssembly and on one thread: the same bits on every machine.

import wasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm" with { type: "file" };
import * as ort from "onnxruntime-web/wasm";
import { messageOf } from "../../../core/errors.ts";
import { clean } from "../../../lib/clean.ts";
import { ModelError } from "./model-error.ts";
import { randomOperators } from "./random-operators.ts";

export interface OpenedModel {
  /** Throws ModelError. */
  run(numbers: Float32Array): Promise<Uint8Array>;
}

const PAGE = 64 * 1024;

/** Makes this process one that runs models, in `memoryBytes` of WebAssembly's memory and no more. */
export async function startEngine(memoryBytes: number): Promise<void> {
  const { Memory } = WebAssembly;
  const most = Math.floor(memoryBytes / PAGE);
  // The engine asks for 4 GB at most, and has no setting for less.
  WebAssembly.Memory = class extends Memory {
    constructor(wanted: ConstructorParameters<typeof Memory>[0]) {
      super({ ...wanted, maximum: Math.min(wanted.maximum ?? most, most) });
    }
  };
  Object.assign(ort.env.wasm, { numThreads: 1, proxy: false, wasmBinary: await Bun.file(wasm).arrayBuffer() });
  ort.env.logLevel = "fatal";
}

/** A model of one input and of the first output's types that OARN has. Throws ModelError. */
export async function openModel(model: Uint8Array): Promise<OpenedModel> {
  const random = randomOperators(model);
  if (random.length > 0) throw declined(`draws random numbers (${random.join(", ")}): no two nodes have one result`);
  const session = await failing(
    "cannot be loaded",
    ort.InferenceSession.create(model, {
      executionProviders: ["wasm"],
      graphOptimizationLevel: "all",
    }),
  );
  const [input, ...more] = session.inputMetadata;
  const [output] = session.outputMetadata;
  if (!input || more.length > 0) throw declined(`has ${session.inputNames.length} inputs that must be given, not one`);
  if (!input.isTensor || input.type !== "float32") throw declined(`takes ${typeOf(input)}, not float32`);
  if (!output?.isTensor || !["float32", "int64"].includes(output.type))
    throw declined(`gives ${typeOf(output)}: a result is float32 or int64`);
  return {
    async run(numbers) {
      const fed = { [input.name]: new ort.Tensor("float32", numbers, [1, numbers.length]) };
      const given = await failing("cannot be run on this input", session.run(fed, [output.name]));
      const data = given[output.name]?.data;
      // What was declared need not be what comes.
      if (!(data instanceof Float32Array || data instanceof BigInt64Array))
        throw declined("gives another type than it says");
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    },
  };
}

function typeOf(value: ort.InferenceSession.ValueMetadata | undefined): string {
  if (!value) return "nothing";
  return value.isTensor ? clean(value.type) : "what is no tensor";
}

async function failing<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new ModelError("model_failed", `the model ${what}: ${clean(messageOf(error))}`);
  }
}

function declined(why: string): ModelError {
  return new ModelError("model_declined", `the model ${why}`);
}
