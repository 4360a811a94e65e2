// Request ids: short, unique, sortable by the time they were made.

/** `req_` and 24 hex digits: 48 bits of milliseconds, 48 of randomness. */
export function requestId(now: number): string {
  const random = crypto.getRandomValues(new Uint8Array(6));
  return `req_${Math.max(0, Math.floor(now)).toString(16).padStart(12, "0")}${Buffer.from(random).toString("hex")}`;
}
