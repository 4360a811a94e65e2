// For how long an answer asks to be left alone.

/** Seconds; undefined: it does not say. The other form, a date, is not read: clocks differ. */
export function retryAfterOf(headers: Headers): number | undefined {
  const header = headers.get("retry-after");
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
}
