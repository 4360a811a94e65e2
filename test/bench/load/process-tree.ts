// What a process and all that it started have used: CPU time and memory, from /proc.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Linux counts CPU time in these for every program, on every machine. */
const TICKS_PER_SECOND = 100;

/** The process and its descendants. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const parent = pid ? statOf(pid)?.parent : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  // The list grows while it is read.
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Of all that live, with that of their children that have ended. */
export function cpuSeconds(root: number): number {
  return sum(processTree(root).map((pid) => statOf(pid)?.ticks ?? 0)) / TICKS_PER_SECOND;
}

export interface Memory {
  /** Megabytes. Pages that several processes share count once for each. */
  readonly rss: number;
  /** The most that each has ever had, or since `forgetPeak`. */
  readonly peak: number;
  /** Shared pages are divided among those that share them. */
  readonly pss: number;
}

export function memoryOf(root: number): Memory {
  const tree = processTree(root);
  const megabytes = (file: string, field: string) =>
    sum(tree.map((pid) => kilobytes(`/proc/${pid}/${file}`, field))) / 1024;
  return {
    rss: megabytes("status", "VmRSS"),
    peak: megabytes("status", "VmHWM"),
    pss: megabytes("smaps_rollup", "Pss"),
  };
}

export function forgetPeak(root: number): void {
  for (const pid of processTree(root)) writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** What has ended already needs none. */
export function signalTree(root: number, signal: NodeJS.Signals): void {
  for (const pid of processTree(root)) if (statOf(pid)) process.kill(pid, signal);
}

/** `undefined` when it has ended meanwhile. */
function statOf(pid: number): { parent: number; ticks: number } | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** The name, in brackets, may contain anything; what follows are numbers: proc(5). */
export function parseStat(text: string): { parent: number; ticks: number } {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // utime, stime, cutime, cstime
  return { parent: Number(fields[1]), ticks: sum(fields.slice(11, 15).map(Number)) };
}

function kilobytes(file: string, field: string): number {
  const text = read(file) ?? "";
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
