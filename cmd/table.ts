// Plain text tables: columns as wide as their widest cell, numbers to the right.

export type Cell = string | number;

/** One line per row under a header; a column whose cells are all numbers is aligned right. */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const text = (cell: Cell | undefined) => (typeof cell === "number" ? cell.toLocaleString("en-US") : (cell ?? ""));
  const right = header.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === "number"));
  const width = header.map((name, i) => Math.max(name.length, ...rows.map((row) => text(row[i]).length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (right[i] ? cell.padStart(width[i] ?? 0) : cell.padEnd(width[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [
    line(header),
    line(width.map((n) => "-".repeat(n))),
    ...rows.map((row) => line(header.map((_, i) => text(row[i])))),
  ].join("\n");
}
