// Loads Dawn, the WebGPU library that bun-webgpu brings along; nothing of it is touched before it is asked for.
/// <reference types="@webgpu/types" />
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../core/errors.ts";
import { EngineError } from "../engine.ts";

/** @throws EngineError "engine_missing" where there is no library for this system, or it cannot be loaded */
export async function loadWebgpu(): Promise<GPU> {
  try {
    const { createGPUInstance, globalConstructors } = await import("bun-webgpu");
    // bun-webgpu rejects what a lost device leaves open with this class, which it expects among the globals; without it
    // the process would end with a ReferenceError. Nothing else of its globals is needed.
    Object.assign(globalThis, { AbortError: globalConstructors.AbortError });
    return await withPrivateCopy((path) => createGPUInstance(path));
  } catch (error) {
    const why = messageOf(error);
    throw new EngineError("engine_missing", 503, `WebGPU cannot be loaded here: ${why}`, { cause: error });
  }
}

/**
 * Inside the compiled binary Bun would unpack the library to the shared temporary folder, and Dawn looks for libvulkan.so.1
 * beside itself first: any user of the machine could lay one there. A folder of our own has no such neighbours.
 */
async function withPrivateCopy<T>(load: (path: string | undefined) => T): Promise<T> {
  const embedded = Bun.embeddedFiles.find((file) => "name" in file && String(file.name).includes("webgpu_wrapper"));
  // Windows has a temporary folder per user, and does not let go of a file that is loaded.
  if (!embedded || process.platform === "win32") return load(undefined);
  const folder = mkdtempSync(join(tmpdir(), "fxn-webgpu-"));
  try {
    const path = join(folder, "libwebgpu.so");
    await Bun.write(path, embedded);
    return load(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
