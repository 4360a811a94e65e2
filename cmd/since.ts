// What --since takes: a date, or how long ago.
import { UsageError } from "clipanion";
import { parseDuration } from "../src/core/duration.ts";

const DAY_MS = 86_400_000;
/** The farthest that a date can be. */
const MAX_DATE_MS = 8.64e15;

/** Milliseconds since 1970 of "2026-11-01", or of "7d" or "12h" before `now`. */
export function sinceMs(text: string, now: number): number {
  const days = /^(\d+)d$/.exec(text);
  const ago = days ? Number(days[1]) * DAY_MS : parseDuration(text);
  const at = ago === undefined ? Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? text : "no date") : now - ago;
  if (!(Math.abs(at) <= MAX_DATE_MS))
    throw new UsageError(`--since: "${text}" is neither a date such as 2026-11-01 nor a time such as 7d or 12h`);
  return at;
}
