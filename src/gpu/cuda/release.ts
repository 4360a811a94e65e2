// Gives back what was taken from the device: all of it, and without hiding why the work before it failed.
/** Tries every one, then throws the first failure. */
export function releaseAll(releases: readonly (() => void)[]): void {
  const failures: unknown[] = [];
  for (const release of releases) {
    try {
      release();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** For what failed half way: the first failure is the one to report, and a device that has failed fails in this too. */
export function releaseQuietly(release: () => void): void {
  try {
    release();
  } catch {
    // On its way is the error that came before.
  }
}

/** Like finally, but a failure of `release` counts only when the work went well. */
export async function releasing<T>(work: () => Promise<T>, release: () => void | Promise<void>): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await Promise.resolve()
      .then(release)
      .catch(() => {});
    throw error;
  }
  await release();
  return result;
}
