// Writes that other processes may be in the way of: they are waited for without stopping what else runs here.
import { type Clock, sleep } from "../core/clock.ts";
import { FxnError } from "../core/errors.ts";
import { storeUnavailable } from "./errors.ts";

/** Another process holds the lock for milliseconds; on a slow disk for longer than SQLite waits by itself (database.ts). */
const TRIES = 100;
const WAIT_MS = 50;

/**
 * Runs one step on the database, again while another process holds its lock. What the step throws of ours passes through.
 * @throws StoreError
 */
export async function inTurn<T>(what: string, step: () => T, clock: Clock): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return step();
    } catch (cause) {
      if (cause instanceof FxnError) throw cause;
      if (!isBusy(cause) || tries === TRIES) throw storeUnavailable(what, cause);
    }
    await sleep(clock, WAIT_MS * Math.random());
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_BUSY");
}
