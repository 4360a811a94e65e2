// Appends lines to a file so that each is there as a whole or not at all, also on a disk that is full.
import { ftruncateSync, writeSync } from "node:fs";

const NEWLINE = 10;

export interface Appended {
  /** How many lines are there: the first ones. */
  readonly kept: number;
  /** Theirs. */
  readonly bytes: number;
  /** Why the others are not; undefined when all are there. */
  readonly error: unknown;
  /** Half a line stands at the end and cannot be removed: nothing may be appended any more. */
  readonly torn: boolean;
}

/** @param file opened for appending @param size of the file @param lines each with its line end */
export function appendLines(file: number, size: number, lines: readonly string[]): Appended {
  const bytes = Buffer.from(lines.join(""));
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(file, bytes, written);
    return { kept: lines.length, bytes: written, error: undefined, torn: false };
  } catch (error) {
    const whole = bytes.subarray(0, written).lastIndexOf(NEWLINE) + 1;
    const kept = bytes.toString("latin1", 0, whole).split("\n").length - 1;
    return { kept, bytes: whole, error, torn: whole < written && !cutTo(file, size + whole) };
  }
}

function cutTo(file: number, size: number): boolean {
  try {
    ftruncateSync(file, size);
    return true;
  } catch {
    return false;
  }
}
