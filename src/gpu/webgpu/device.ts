// A WebGPU device whose errors all come out as EngineError, and which is of no use any more once it is lost.

import { EngineError } from "../../core/compute.ts";
import { messageOf } from "../../core/errors.ts";
import { Stopwatch } from "./stopwatch.ts";

export class Device {
  readonly gpu: GPUDevice;
  readonly stopwatch: Stopwatch;
  /** The most bytes that a kernel can reach in one buffer. */
  readonly largestBuffer: number;
  /** The error of the call under way: there is one at a time. */
  #fault: EngineError | undefined;
  /** Why nothing can be computed any more. */
  #ended: EngineError | undefined;
  #busy = false;
  #closed = false;

  private constructor(gpu: GPUDevice) {
    this.gpu = gpu;
    this.stopwatch = new Stopwatch(gpu);
    this.largestBuffer = Math.min(gpu.limits.maxBufferSize, gpu.limits.maxStorageBufferBindingSize);
    // Dawn reports these from within the call that was wrong, so that no error scopes are needed.
    gpu.onuncapturederror = ({ error }) => {
      this.#fault ??=
        "name" in error && error.name === "GPUOutOfMemoryError"
          ? new EngineError("engine_memory", 503, "the device has not enough memory for this product", { cause: error })
          : failed(error);
    };
    gpu.lost.then(({ message }) => {
      this.#ended ??= new EngineError("engine_failed", 500, `the GPU was lost: ${message}`, {
        hint: "look at the system's log for a reset of the GPU; the next challenge gets a new device",
      });
    });
  }

  /** With the adapter's own limits: the defaults stop at 128 MiB. @throws EngineError "engine_missing" */
  static async open(adapter: GPUAdapter): Promise<Device> {
    const limits = Object.entries(adapter.limits).filter(([, value]) => typeof value === "number");
    try {
      const gpu = await adapter.requestDevice({
        requiredFeatures: adapter.features.has("timestamp-query") ? ["timestamp-query"] : [],
        requiredLimits: Object.fromEntries(limits),
      });
      return new Device(gpu);
    } catch (error) {
      const why = messageOf(error);
      throw new EngineError("engine_missing", 503, `the GPU cannot be opened for WebGPU: ${why}`, { cause: error });
    }
  }

  /** One call: what goes wrong in `work`, on either side, is thrown as EngineError; the signal's reason as it is. */
  async call<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#ended) throw this.#ended;
    this.#fault = undefined;
    this.#busy = true;
    try {
      const result = await work();
      this.check();
      return result;
    } catch (error) {
      if (signal.aborted && error === signal.reason) throw error;
      throw this.#ended ?? this.#fault ?? (error instanceof EngineError ? error : failed(error));
    } finally {
      this.#busy = false;
      if (this.#closed) this.gpu.destroy();
    }
  }

  /** @throws what the device has reported since the call began */
  check(): void {
    const error = this.#ended ?? this.#fault;
    if (error) throw error;
  }

  /** Frees all that was made on it: at once, or when the call under way is over, as its callbacks end with the device. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ended ??= new EngineError("engine_failed", 500, "the engine is closed");
    if (!this.#busy) this.gpu.destroy();
  }
}

function failed(error: unknown): EngineError {
  return new EngineError("engine_failed", 500, `the GPU failed: ${messageOf(error)}`, { cause: error });
}
