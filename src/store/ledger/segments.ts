// The journal's files: who writes which, and the rows in them.
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LedgerRow } from "../../core/ledger.ts";
import { parseRow } from "./row.ts";

export const LEDGER_FOLDER = "fxn.ledger";

export interface SegmentFile {
  readonly name: string;
  readonly path: string;
  /** The process that writes it, or did. */
  readonly pid: number;
  /** Which of that process's segments it is. */
  readonly number: number;
}

export function segmentName(pid: number, number: number, now: number): string {
  return `${now}-${pid}-${number}.jsonl`;
}

/** Oldest first; none when nothing was ever written. */
export function segmentsOf(home: string): SegmentFile[] {
  const folder = join(home, LEDGER_FOLDER);
  return namesIn(folder)
    .sort()
    .flatMap((name) => {
      const [, pid, number] = /^\d+-(\d+)-(\d+)\.jsonl$/.exec(name) ?? [];
      if (pid === undefined) return [];
      return [{ name, path: join(folder, name), pid: Number(pid), number: Number(number) }];
    });
}

export interface Lines {
  readonly rows: readonly LedgerRow[];
  /** What is no row, though it ended as a line. */
  readonly unreadable: readonly string[];
  /** Bytes up to the end of the last whole line. */
  readonly end: number;
}

/**
 * The whole lines from that byte on; a segment that is gone has none.
 * @param most bytes that are read at once; a single longer line is read all the same
 */
export function linesOf(segment: SegmentFile, from: number, most = Number.POSITIVE_INFINITY): Lines {
  const bytes = bytesOf(segment.path, from, most);
  const length = bytes.lastIndexOf("\n") + 1;
  const rows: LedgerRow[] = [];
  const unreadable: string[] = [];
  if (length === 0 && bytes.length === most) return linesOf(segment, from, 2 * most);
  if (length === 0) return { rows, unreadable, end: from };
  for (const line of bytes.toString("utf8", 0, length - 1).split("\n")) {
    if (line === "") continue;
    const read = parseRow(line);
    if (read) rows.push(read);
    else unreadable.push(line);
  }
  return { rows, unreadable, end: from + length };
}

/** What stands from that byte on: after the last whole line it is half of one. */
export function tornLine({ path }: SegmentFile, from: number): string {
  return bytesOf(path, from).toString("utf8");
}

/** Bytes; 0 when it is gone. */
export function sizeOf({ path }: SegmentFile): number {
  return unlessMissing(() => statSync(path).size) ?? 0;
}

function namesIn(folder: string): string[] {
  return unlessMissing(() => readdirSync(folder)) ?? [];
}

function bytesOf(path: string, from: number, most = Number.POSITIVE_INFINITY): Buffer {
  const file = unlessMissing(() => openSync(path, "r"));
  if (file === undefined) return Buffer.alloc(0);
  try {
    const bytes = Buffer.alloc(Math.max(0, Math.min(most, fstatSync(file).size - from)));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
  } finally {
    closeSync(file);
  }
}

function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
