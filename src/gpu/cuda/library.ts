// Opens a vendor's library at run time: the first of several names that loads and has every function.
import { dlopen, type FFIFunction, type Library } from "bun:ffi";
import { isAbsolute } from "node:path";
import { messageOf } from "../../core/errors.ts";

/** The system's own loader: glibc's, which the vendor's libraries need anyway; before 2.34 it was apart. */
const LOADERS = ["libc.so.6", "libdl.so.2"];
const LOADER = { dlopen: { args: ["ptr", "i32"], returns: "ptr" }, dlerror: { args: [], returns: "cstring" } } as const;
const RTLD_NOW = 2;

/** @param names absolute paths, or names for the system to find @throws Error that has the reason for every one */
export function openLibrary<Calls extends Record<string, FFIFunction>>(
  names: readonly string[],
  calls: Calls,
): Library<Calls> {
  return firstOf(names, (name) => {
    if (!isAbsolute(name)) loadFromSystem(name);
    return dlopen(name, calls);
  });
}

/**
 * When the system does not find a name, Bun's dlopen takes it from the working directory: whoever owns that would be
 * run by a program that holds keys. What the system has loaded is there for Bun under the same name.
 */
function loadFromSystem(name: string): void {
  const { symbols } = firstOf(LOADERS, (loader) => dlopen(loader, LOADER));
  if (!symbols.dlopen(Buffer.from(`${name}\0`), RTLD_NOW)) throw new Error(`${symbols.dlerror() ?? name}`);
}

function firstOf<T>(names: readonly string[], open: (name: string) => T): T {
  const reasons: string[] = [];
  for (const name of names) {
    try {
      return open(name);
    } catch (error) {
      reasons.push(messageOf(error));
    }
  }
  // That a name is not there says little beside why another could not be loaded.
  const telling = reasons.filter((reason) => !reason.includes("No such file"));
  throw new Error(
    (telling.length > 0 ? telling : reasons.slice(0, 1)).join("; ") || "the vendor has no library for this system",
  );
}
