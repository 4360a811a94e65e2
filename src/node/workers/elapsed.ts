// Where a worker's clock begins: what the node's clock said when it sent the start, and the way to here.
import type { Clock } from "../../core/clock.ts";
import type { Start } from "./protocol.ts";

/** A worker cannot take longer to begin. */
const MOST_ON_THE_WAY_MS = 60_000;

/** Milliseconds. A wall clock that was set meanwhile must not move limits by more than a worker can take to begin. */
export function elapsedNow({ elapsedMs, sentAt }: Pick<Start, "elapsedMs" | "sentAt">, clock: Clock): number {
  return elapsedMs + Math.min(Math.max(0, clock.now() - sentAt), MOST_ON_THE_WAY_MS);
}
