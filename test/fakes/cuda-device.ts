// The first NVIDIA device of this machine, for what is only worth doing on a real one.
import { systemClock } from "../../src/core/clock.ts";
import { messageOf } from "../../src/core/errors.ts";
import { driverNames } from "../../src/gpu/cuda/driver.ts";
import { cudaFamily } from "../../src/gpu/cuda/engine.ts";
import type { MatmulEngine } from "../../src/gpu/engine.ts";

/** Or why there is none. @param cublas names of the library; none: the engine's own kernels */
export async function openCudaDevice(cublas: readonly string[]): Promise<MatmulEngine | string> {
  const driver = driverNames(process.platform, process.env);
  try {
    const family = cudaFamily({ clock: systemClock, driver, cublas });
    const [engine, ...others] = await family.open({ threads: 0, softwareAdapter: false });
    for (const other of others) other.close();
    return engine ?? "no device";
  } catch (error) {
    return messageOf(error);
  }
}
