// Waits for what a test expects to become true soon.

/** Throws when it is not true within the limit. */
export async function until(what: () => boolean | Promise<boolean>, limitMs = 15_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await what())) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms`);
    await Bun.sleep(10);
  }
}
