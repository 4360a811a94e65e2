// A quantile out of a histogram's buckets, as Prometheus reckons it.

/**
 * Linear inside the bucket in which it lies; above the highest bound there is only that bound to say.
 * @param buckets observations up to each bound, those of lower bounds among them
 */
export function quantile(q: number, buckets: ReadonlyMap<number, number>): number | undefined {
  const bounds = [...buckets].sort(([a], [b]) => a - b);
  const all = bounds.at(-1)?.[1] ?? 0;
  if (all <= 0) return undefined;
  const rank = q * all;
  let [from, below] = [0, 0];
  for (const [to, upTo] of bounds) {
    if (upTo >= rank && upTo > below) {
      return Number.isFinite(to) ? from + ((to - from) * (rank - below)) / (upTo - below) : from;
    }
    if (Number.isFinite(to)) from = to;
    below = upTo;
  }
  return from;
}
