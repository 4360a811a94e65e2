// Whether a process still runs.
import { readFileSync } from "node:fs";

/** One that has ended, and only waits for its parent to ask how, does not. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
