// Puts the embedded library where it can be loaded, in a folder that only this user can enter, and takes it away again.
import { dlopen, type FFIFunction } from "bun:ffi";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../core/errors.ts";

const NAME = { win32: "fxn.dll", darwin: "libfxn.dylib" } as const;

/**
 * Loads a library from bytes. Throws an Error that says why where none can be loaded: a temporary folder mounted
 * noexec, another C library, another processor.
 */
export function loadLibrary<Symbols extends Record<string, FFIFunction>>(bytes: Uint8Array, symbols: Symbols) {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), "fxn-native-"));
    const path = join(
      folder,
      process.platform === "win32" ? NAME.win32 : process.platform === "darwin" ? NAME.darwin : "libfxn.so",
    );
    writeFileSync(path, bytes, { mode: 0o700, flag: "wx" });
    return dlopen(path, symbols).symbols;
  } catch (error) {
    throw new Error(`the native library could not be loaded from ${tmpdir()}: ${messageOf(error)}`, { cause: error });
  } finally {
    if (folder) remove(folder);
  }
}

/** What is loaded stays, though its file is gone; Windows keeps the file until the process ends. */
function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // Left in the system's temporary folder, which the system empties.
  }
}
