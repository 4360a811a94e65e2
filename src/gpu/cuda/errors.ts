// What goes wrong with CUDA, as an engine's errors: the name that the driver or cuBLAS gives it is in each.
import { EngineError } from "../../core/compute.ts";

const OUT_OF_MEMORY: readonly string[] = ["CUDA_ERROR_OUT_OF_MEMORY", "CUBLAS_STATUS_ALLOC_FAILED"];

/** There is no CUDA engine here. */
export function missing(why: string, cause?: unknown): EngineError {
  return new EngineError("engine_missing", 501, `no CUDA engine: ${why}`, {
    hint: "NVIDIA's driver must be installed, and visible where fxn runs (containers need --gpus)",
    cause,
  });
}

/** @param call the function that failed @param name the error as its library calls it */
export function callFailed(call: string, name: string): EngineError {
  return OUT_OF_MEMORY.includes(name)
    ? new EngineError("engine_memory", 503, `the device's memory is used up: ${call} answered ${name}`)
    : new EngineError("engine_failed", 500, `${call} answered ${name}`);
}

/** @param needed bytes @param free bytes that a product may use */
export function tooLarge(needed: number, free: number): EngineError {
  return new EngineError("engine_memory", 503, `the product needs ${needed} bytes of the device, ${free} are free`);
}
