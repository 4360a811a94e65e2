// Whether a process still runs.
import { readFileSync } from "node:fs";
import { isAlive } from "../../src/lib/is-alive.ts";

/** One that has ended, and only waits for its parent to ask how, does not. */
export function alive(pid: number): boolean {
  try {
    return (
      isAlive(pid) && (process.platform !== "linux" || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8")))
    );
  } catch {
    return false;
  }
}
