// Our own kernels on a device: PTX that the driver compiles for it when it is opened, and how they are launched.
import { kernelArguments } from "./arguments.ts";
import type { Context } from "./context.ts";
import ptx from "./kernels.ptx" with { type: "text" };
import { releaseQuietly } from "./release.ts";

const NAMES = ["multiply_float32", "multiply_float64", "multiply_int8", "pack_int8", "entries_a", "entries_b"] as const;

export type KernelName = (typeof NAMES)[number];

/** Every kernel is written for blocks of so many threads. */
export const THREADS = 256;

export class Kernels {
  readonly #context: Context;
  readonly #module: bigint;
  readonly #functions = new Map<KernelName, bigint>();

  constructor(context: Context) {
    this.#context = context;
    this.#module = context.handle("cuModuleLoadData", (call, out) => call(out, cString(ptx)));
    try {
      for (const name of NAMES) this.#functions.set(name, this.#find(name));
    } catch (error) {
      releaseQuietly(() => this.close());
      throw error;
    }
  }

  /** Puts it at the end of the stream. @param values device addresses as bigint, u32 as number */
  launch(name: KernelName, blocks: number, values: readonly (bigint | number)[]): void {
    const kernel = this.#functions.get(name) ?? this.#find(name);
    const packed = kernelArguments(values);
    this.#context.call("cuLaunchKernel", (call) =>
      call(kernel, blocks, 1, 1, THREADS, 1, 1, 0, this.#context.stream, packed, 0n),
    );
  }

  close(): void {
    this.#context.giveBack("cuModuleUnload", (call) => call(this.#module));
  }

  #find(name: KernelName): bigint {
    return this.#context.handle("cuModuleGetFunction", (call, out) => call(out, this.#module, cString(name)));
  }
}

function cString(text: string): Uint8Array {
  return Buffer.from(`${text}\0`);
}
