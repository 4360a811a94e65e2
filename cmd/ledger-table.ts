// The ledger's sums as a table that fits: by and by its words, its longest texts and what is least asked for give way.
import type { LedgerKey, LedgerSum } from "../src/store/ledger/table.ts";
import { type Cell, table } from "./table.ts";

const LONG = ["requests", "ok", "prompt tokens", "completion tokens", "unreported"];
const SHORT = ["requests", "ok", "prompt", "completion", "unreported"];
/** Half an address at each end: enough to tell one from another. */
const READABLE = 13;
const LEAST = 5;

/** @param columns of the terminal; undefined: as wide as it is */
export function ledgerTable(by: readonly LedgerKey[], sums: readonly LedgerSum[], columns?: number): string {
  const rows = sums.map(({ keys, requests, ok, promptTokens, completionTokens, unreported }): Cell[] => [
    ...keys,
    ...[requests, ok, promptTokens, completionTokens, unreported],
  ]);
  const without = (cells: readonly Cell[]) => cells.slice(0, -1);
  const full = table([...by, ...LONG], rows);
  if (columns === undefined || widthOf(full) <= columns) return full;
  const fewer = [...by, ...SHORT.slice(0, -1)];
  const note = sums.some(({ unreported }) => unreported > 0) ? "\n(no room for: unreported)" : "";
  for (const [header, cells, least] of [
    [[...by, ...SHORT], rows, READABLE],
    [fewer, rows.map(without), READABLE],
  ] as const) {
    const fits = narrowed(header, cells, columns, least);
    if (widthOf(fits) <= columns) return header === fewer ? fits + note : fits;
  }
  return narrowed(fewer, rows.map(without), columns, LEAST) + note;
}

/** The widest texts lose of their middle until the table fits, or none is longer than `least`. */
function narrowed(header: readonly string[], rows: readonly (readonly Cell[])[], columns: number, least: number) {
  const cut = (row: readonly Cell[]) => row.map((cell) => (typeof cell === "string" ? shortened(cell, most) : cell));
  // As wide as all of them.
  const widest = header.map((_, i) =>
    rows.map((row) => row[i] ?? "").reduce((a, b) => (long(b) > long(a) ? b : a), ""),
  );
  let most = Math.max(...widest.map(long));
  while (most > least && widthOf(table(header, [cut(widest)])) > columns) most--;
  return table(header, rows.map(cut));
}

const long = (cell: Cell) => String(cell).length;

function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor((most - 1) / 2);
  return `${text.slice(0, most - 1 - end)}…${text.slice(text.length - end)}`;
}

function widthOf(text: string): number {
  return Math.max(...text.split("\n").map((line) => line.length));
}
