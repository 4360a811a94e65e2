// Small charts of block characters.

const LEVELS = "▁▂▃▄▅▆▇█";

/** The last values that fit, as high as the highest of them; null leaves a gap, and 0 is the lowest block. */
export function sparkline(values: readonly (number | null)[], columns: number): string {
  const shown = columns > 0 ? values.slice(-columns) : [];
  const highest = Math.max(...shown.map((value) => value ?? 0), 0);
  const block = (value: number | null) => {
    if (value === null) return " ";
    const level = highest > 0 ? Math.ceil((value / highest) * (LEVELS.length - 1)) : 0;
    return LEVELS[level] ?? " ";
  };
  return shown.map(block).join("").padStart(columns);
}

/** @param part 0 to 1 */
export function bar(part: number, columns: number): string {
  const full = Math.round(Math.min(Math.max(part, 0), 1) * columns);
  return "█".repeat(full) + "░".repeat(columns - full);
}
