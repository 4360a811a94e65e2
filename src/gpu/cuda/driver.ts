// NVIDIA's driver library (CUDA driver API) by bun:ffi: the calls that are used, each checked, errors by their names.
import { CString, type Library } from "bun:ffi";
import { win32 } from "node:path";
import { messageOf } from "../../core/errors.ts";
import { callFailed, missing } from "./errors.ts";
import { openLibrary } from "./library.ts";

/** Handles and device addresses are u64; what the driver writes to or reads from on the host is ptr. */
const CALLS = {
  cuInit: { args: ["u32"], returns: "i32" },
  cuDriverGetVersion: { args: ["ptr"], returns: "i32" },
  cuGetErrorName: { args: ["i32", "ptr"], returns: "i32" },
  cuDeviceGetCount: { args: ["ptr"], returns: "i32" },
  cuDeviceGet: { args: ["ptr", "i32"], returns: "i32" },
  cuDeviceGetName: { args: ["ptr", "i32", "i32"], returns: "i32" },
  cuDeviceGetAttribute: { args: ["ptr", "i32", "i32"], returns: "i32" },
  cuDeviceTotalMem_v2: { args: ["ptr", "i32"], returns: "i32" },
  cuDevicePrimaryCtxRetain: { args: ["ptr", "i32"], returns: "i32" },
  cuDevicePrimaryCtxRelease_v2: { args: ["i32"], returns: "i32" },
  cuCtxSetCurrent: { args: ["u64"], returns: "i32" },
  cuModuleLoadData: { args: ["ptr", "ptr"], returns: "i32" },
  cuModuleUnload: { args: ["u64"], returns: "i32" },
  cuModuleGetFunction: { args: ["ptr", "u64", "ptr"], returns: "i32" },
  cuLaunchKernel: {
    args: ["u64", "u32", "u32", "u32", "u32", "u32", "u32", "u32", "u64", "ptr", "u64"],
    returns: "i32",
  },
  cuMemGetInfo_v2: { args: ["ptr", "ptr"], returns: "i32" },
  cuMemAlloc_v2: { args: ["ptr", "u64"], returns: "i32" },
  cuMemFree_v2: { args: ["u64"], returns: "i32" },
  cuMemsetD8Async: { args: ["u64", "u8", "u64", "u64"], returns: "i32" },
  cuMemcpy2DAsync_v2: { args: ["ptr", "u64"], returns: "i32" },
  cuStreamCreate: { args: ["ptr", "u32"], returns: "i32" },
  cuStreamQuery: { args: ["u64"], returns: "i32" },
  cuStreamDestroy_v2: { args: ["u64"], returns: "i32" },
  cuEventCreate: { args: ["ptr", "u32"], returns: "i32" },
  cuEventRecord: { args: ["u64", "u64"], returns: "i32" },
  cuEventQuery: { args: ["u64"], returns: "i32" },
  cuEventElapsedTime: { args: ["ptr", "u64", "u64"], returns: "i32" },
  cuEventDestroy_v2: { args: ["u64"], returns: "i32" },
} as const;

type Calls = Library<typeof CALLS>["symbols"];

/** CUDA_ERROR_NOT_READY */
const NOT_READY = 600;

/** The library stays loaded for as long as the process runs: threads of the driver run in it. */
export class Driver {
  readonly #calls: Calls;

  /** @throws EngineError "engine_missing" when there is no library, or no device that it would drive */
  constructor(names: readonly string[]) {
    try {
      this.#calls = openLibrary(names, CALLS).symbols;
    } catch (error) {
      throw missing(messageOf(error), error);
    }
    try {
      this.call("cuInit", (call) => call(0));
    } catch (error) {
      throw missing(messageOf(error), error);
    }
  }

  /** @throws EngineError with the error's name when the call does not succeed */
  call<Name extends keyof Calls>(name: Name, invoke: (call: Calls[Name]) => number): void {
    const result = invoke(this.#calls[name]);
    if (result !== 0) throw callFailed(name, this.#errorName(result));
  }

  /** What the call writes to the place that it is given: a handle or a device address. */
  handle<Name extends keyof Calls>(name: Name, invoke: (call: Calls[Name], out: BigUint64Array) => number): bigint {
    const out = new BigUint64Array(1);
    this.call(name, (call) => invoke(call, out));
    return out[0] ?? 0n;
  }

  /** What the call writes to the place that it is given: an int. */
  int<Name extends keyof Calls>(name: Name, invoke: (call: Calls[Name], out: Int32Array) => number): number {
    const out = new Int32Array(1);
    this.call(name, (call) => invoke(call, out));
    return out[0] ?? 0;
  }

  /** Whether all is done of what a query asks for. */
  done(name: "cuStreamQuery" | "cuEventQuery", handle: bigint): boolean {
    let result = 0;
    this.call(name, (call) => {
      result = call(handle);
      return result === NOT_READY ? 0 : result;
    });
    return result !== NOT_READY;
  }

  #errorName(result: number): string {
    const name = new BigUint64Array(1);
    const [address = 0n] = this.#calls.cuGetErrorName(result, name) === 0 ? name : [];
    return address === 0n ? `CUDA error ${result}` : new CString(address).toString();
  }
}

/** Where the driver's library may be; the last on Linux is Windows' driver within WSL. */
export function driverNames(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): readonly string[] {
  if (platform === "win32") return [win32.join(env.SystemRoot ?? "C:\\Windows", "System32", "nvcuda.dll")];
  return platform === "linux" ? ["libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"] : [];
}
