// The system's C library, as this process has it loaded already: for calls that the runtime does not offer.
import { dlopen, type FFIFunction } from "bun:ffi";
import { readFileSync } from "node:fs";

/** glibc, glibc before 2.34 in some systems, musl. */
const NAMES = /\/(?:libc\.so\.6|libc-2\.\d+\.so|(?:ld-|libc\.)musl-[^/]+\.so\.1)$/;

/** Linux only. Throws an Error. */
export function openLibc<Symbols extends Record<string, FFIFunction>>(symbols: Symbols) {
  return dlopen(libcPath(), symbols).symbols;
}

/** By its path: a name that the system does not find, Bun would look for in the working directory. */
function libcPath(): string {
  const paths = readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .map((line) => line.slice(line.indexOf("/")));
  const path = paths.find((name) => NAMES.test(name));
  if (path === undefined) throw new Error("no C library is loaded in this process");
  return path;
}
