// What a process has in hand, as Linux tells it: memory and open files.
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessFacts {
  readonly pid: number;
  /** Of memory that is really there. */
  readonly megabytes: number;
  readonly openFiles: number;
}

/** Undefined: it has ended. */
export function processFacts(pid: number): ProcessFacts | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    if (kilobytes === undefined) return undefined;
    return { pid, megabytes: Number(kilobytes) / 1024, openFiles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}
