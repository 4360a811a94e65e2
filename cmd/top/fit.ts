// Which rows of which section a screen has room for: the important first, and never one without saying what is left out.
import { cut, type Line, padded, toned, widthOf } from "./line.ts";

export interface Section {
  readonly label: string;
  /** The most important first. */
  readonly rows: readonly Line[];
  /** Gives up its place last when it is 0. */
  readonly rank: number;
}

const LABEL_COLUMNS = 13;

/** In their order. Each gets a row before one gets a second. */
export function fitSections(sections: readonly Section[], columns: number, height: number): Line[] {
  const shown = new Map(sections.map((section) => [section, 0]));
  const byRank = sections.toSorted((a, b) => a.rank - b.rank);
  let room = height;
  for (let given = true; given && room > 0; ) {
    given = false;
    for (const section of byRank) {
      const rows = shown.get(section) ?? 0;
      if (room === 0 || rows >= section.rows.length) continue;
      shown.set(section, rows + 1);
      room--;
      given = true;
    }
  }
  return sections.flatMap((section) => linesOf(section, shown.get(section) ?? 0, columns));
}

function linesOf({ label, rows }: Section, count: number, columns: number): Line[] {
  const left = rows.length - count;
  return rows.slice(0, count).map((row, i) => {
    const line = [...padded([toned("dim", i === 0 ? label : "")], LABEL_COLUMNS), ...row];
    if (left === 0 || i < count - 1) return cut(line, columns);
    const more = [toned("dim", ` (${left} more)`)];
    return cut([...cut(line, columns - widthOf(more)), ...more], columns);
  });
}

/** What is left of a line for a chart behind a text of that width. */
export function chartColumns(columns: number, textColumns: number): number {
  return Math.max(0, columns - LABEL_COLUMNS - textColumns);
}
