// SHA-256 of much, in steps, so that hashing a large file does not keep the rest of the program waiting.
import { createHash } from "node:crypto";
import { setImmediate as otherWork } from "node:timers/promises";

export type Sha256 = (bytes: Uint8Array) => Promise<Uint8Array>;

/** A few milliseconds of work. */
const STEP_BYTES = 2 * 1024 * 1024;
/** What a block costs beside its bytes. */
const CALL_BYTES = 4096;

/** For one job: it lets other work in after each step. @param signal throws its reason between steps */
export function pacedSha256(signal: AbortSignal): Sha256 {
  let since = 0;
  return async (bytes) => {
    const hash = createHash("sha256");
    for (let at = 0; at === 0 || at < bytes.length; at += STEP_BYTES) {
      const step = bytes.subarray(at, at + STEP_BYTES);
      hash.update(step);
      since += step.length + CALL_BYTES;
      if (since < STEP_BYTES) continue;
      since = 0;
      await otherWork();
      signal.throwIfAborted();
    }
    return hash.digest();
  };
}
