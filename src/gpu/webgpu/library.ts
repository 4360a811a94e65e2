// Loads Dawn, the WebGPU library that bun-webgpu brings along; nothing of it is touched before it is asked for.
/// <reference types="@webgpu/types" />
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineError } from "../../core/compute.ts";
import { messageOf } from "../../core/errors.ts";

/**
 * Gives the library to `use`, which asks it for an adapter.
 *
 * Inside the compiled binary Bun would unpack it to the shared temporary folder, and with its first adapter Dawn looks for
 * libvulkan.so.1 beside itself before anywhere else: any user of the machine could lay one there. So it is unpacked to a
 * folder of our own, whose name is not given up before Dawn has looked.
 * @throws EngineError "engine_missing" where there is no library for this system, or it cannot be loaded
 */
export async function withWebgpu<T>(use: (gpu: GPU) => Promise<T>): Promise<T> {
  const embedded = Bun.embeddedFiles.find((file) => "name" in file && String(file.name).includes("webgpu_wrapper"));
  // Windows has a temporary folder per user, and does not let go of a file that is loaded.
  if (!embedded || process.platform === "win32") return use(await load(async () => undefined));
  const folder = mkdtempSync(join(tmpdir(), "fxn-webgpu-"));
  const path = join(folder, "libwebgpu.so");
  try {
    return await use(await load(() => Bun.write(path, embedded).then(() => path)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param unpack gives the path of the library, or nothing where bun-webgpu finds it by itself */
async function load(unpack: () => Promise<string | undefined>): Promise<GPU> {
  try {
    const { createGPUInstance, globalConstructors } = await import("bun-webgpu");
    // bun-webgpu rejects what a lost device leaves open with this class, which it expects among the globals; without it
    // the process would end with a ReferenceError. Nothing else of its globals is needed.
    Object.assign(globalThis, { AbortError: globalConstructors.AbortError });
    return createGPUInstance(await unpack());
  } catch (error) {
    const why = messageOf(error);
    throw new EngineError("engine_missing", 503, `WebGPU cannot be loaded here: ${why}`, { cause: error });
  }
}
