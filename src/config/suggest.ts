// "Did you mean": the nearest known word, if it is near enough to be a slip.

/** Longer words are no slip of a known one, and cost time. */
const LONGEST = 80;

/** The candidate with the fewest typing errors, letter case aside; undefined when more than a third of it is wrong. */
export function closest<T extends string>(word: string, candidates: readonly T[]): T | undefined {
  if (word.length > LONGEST) return undefined;
  const lower = word.toLowerCase();
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: distance(lower, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  const allowed = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  return best && best.distance <= allowed ? best.candidate : undefined;
}

/** Levenshtein distance, one row at a time, in which two neighbours that changed places are one error. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let index = 0; index < a.length; index++) {
    const next = [index + 1];
    for (let column = 1; column <= b.length; column++) {
      const substituted = (row[column - 1] ?? 0) + (a[index] === b[column - 1] ? 0 : 1);
      const swapped = index > 0 && column > 1 && a[index] === b[column - 2] && a[index - 1] === b[column - 1];
      const swap = swapped ? (before[column - 2] ?? 0) + 1 : substituted;
      next.push(Math.min(substituted, swap, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
