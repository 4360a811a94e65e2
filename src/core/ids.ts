// Request ids: short, unique, sortable by the time they were made.

const RANDOM_DIGITS = 12;
/** Asking for a few random bytes costs as much as asking for many. */
const POOL_BYTES = 3072;
let pool = "";
let used = 0;

/** `req_` and 24 hex digits: 48 bits of milliseconds, 48 of randomness. */
export function requestId(now: number): string {
  if (used === pool.length) {
    pool = Buffer.from(crypto.getRandomValues(new Uint8Array(POOL_BYTES))).toString("hex");
    used = 0;
  }
  const random = pool.slice(used, used + RANDOM_DIGITS);
  used += RANDOM_DIGITS;
  return `req_${Math.max(0, Math.floor(now)).toString(16).padStart(12, "0")}${random}`;
}
