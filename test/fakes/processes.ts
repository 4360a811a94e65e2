// Which processes this machine has (Linux), for tests that some are gone, or that a command line shows nothing.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface SeenProcess {
  readonly pid: number;
  /** Its words, joined by spaces; empty for one that has ended and was not collected yet. */
  readonly line: string;
  /** Its working folder; empty when it may not be seen. */
  readonly folder: string;
}

export function processes(): SeenProcess[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => ({
    pid: Number(pid),
    line: tried(() => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()),
    folder: tried(() => readlinkSync(`/proc/${pid}/cwd`)),
  }));
}

/** Processes end while they are looked at. */
function tried(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
