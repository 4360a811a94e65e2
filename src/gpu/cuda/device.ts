// What a device is, as its driver tells.
import type { ComputeDevice } from "../../core/compute.ts";
import type { Driver } from "./driver.ts";

export interface DeviceFacts extends Omit<ComputeDevice, "api"> {
  readonly multiprocessors: number;
  /** Compute capability × 10: 90 is 9.0. */
  readonly capability: number;
}

/** CUdevice_attribute */
const MULTIPROCESSOR_COUNT = 16;
const CAPABILITY_MAJOR = 75;
const CAPABILITY_MINOR = 76;

const NAME_BYTES = 256;

/** FP32 cores of a multiprocessor; CUDA C++ Programming Guide, arithmetic instructions by compute capability. */
const CORES_PER_MULTIPROCESSOR: Readonly<Record<number, number>> = {
  70: 64,
  72: 64,
  75: 64,
  80: 64,
  86: 128,
  87: 128,
  89: 128,
  90: 128,
  100: 128,
  103: 128,
  120: 128,
  121: 128,
};

/** @param device as cuDeviceGet gives it */
export function factsOf(driver: Driver, device: number): DeviceFacts {
  const attribute = (which: number) => driver.int("cuDeviceGetAttribute", (call, out) => call(out, which, device));
  const major = attribute(CAPABILITY_MAJOR);
  const minor = attribute(CAPABILITY_MINOR);
  const multiprocessors = attribute(MULTIPROCESSOR_COUNT);
  const cores = CORES_PER_MULTIPROCESSOR[10 * major + minor];
  const cuda = driver.int("cuDriverGetVersion", (call, out) => call(out));
  return {
    name: nameOf(driver, device),
    memoryBytes: Number(driver.handle("cuDeviceTotalMem_v2", (call, out) => call(out, device))),
    computeCapability: `${major}.${minor}`,
    cudaCores: cores === undefined ? undefined : cores * multiprocessors,
    // 12040 is 12.4.
    cudaVersion: `${Math.floor(cuda / 1000)}.${Math.floor((cuda % 1000) / 10)}`,
    driverVersion: undefined,
    multiprocessors,
    capability: 10 * major + minor,
  };
}

function nameOf(driver: Driver, device: number): string {
  const name = Buffer.alloc(NAME_BYTES);
  driver.call("cuDeviceGetName", (call) => call(name, NAME_BYTES, device));
  return name.toString("utf8", 0, name.indexOf(0));
}
