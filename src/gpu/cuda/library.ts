// Opens a vendor's library at run time: the first of several names that loads and has every function.
import { dlopen, type FFIFunction, type Library } from "bun:ffi";
import { messageOf } from "../../core/errors.ts";

/** @throws Error that has the reason for every name */
export function openLibrary<Calls extends Record<string, FFIFunction>>(
  names: readonly string[],
  calls: Calls,
): Library<Calls> {
  const reasons: string[] = [];
  for (const name of names) {
    try {
      return dlopen(name, calls);
    } catch (error) {
      reasons.push(`${name}: ${messageOf(error)}`);
    }
  }
  throw new Error(reasons.join("; ") || "the vendor has no library for this system");
}
