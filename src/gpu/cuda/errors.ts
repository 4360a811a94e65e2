// What goes wrong with CUDA, as an engine's errors: the driver's own name is in each.
import { EngineError } from "../engine.ts";

const OUT_OF_MEMORY = "CUDA_ERROR_OUT_OF_MEMORY";

/** There is no CUDA engine here. */
export function missing(why: string, cause?: unknown): EngineError {
  return new EngineError("engine_missing", 501, `no CUDA engine: ${why}`, {
    hint: "NVIDIA's driver must be installed, and visible where fxn runs (containers need --gpus)",
    cause,
  });
}

/** @param call the function of the driver that failed @param name the error as the driver calls it */
export function callFailed(call: string, name: string): EngineError {
  return name === OUT_OF_MEMORY
    ? new EngineError("engine_memory", 507, `the device's memory is used up: ${call} answered ${name}`)
    : new EngineError("engine_failed", 500, `${call} answered ${name}`);
}

/** @param needed bytes @param free bytes that a product may use */
export function tooLarge(needed: number, free: number): EngineError {
  return new EngineError("engine_memory", 507, `the product needs ${needed} bytes of the device, ${free} are free`);
}
