// A table that scrolls in a box of its own, which the keyboard reaches.
import { type Child, element, show, svg, words } from "./dom.ts";

interface Column {
  readonly name: string;
  /** Stands to the right, so that digits stand below digits. */
  readonly number?: boolean;
  /** Short: it is not broken into lines. */
  readonly plain?: boolean;
}

export type Cell =
  | string
  | { readonly badge: string; readonly tone: Tone }
  | { readonly share: number; readonly of: string };
export type Tone = "good" | "warn" | "bad" | "quiet";

interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** Shown in the place of no rows; what is to be typed stands in backticks. */
  readonly none: string;
}

export function table(host: Element, facts: Table): void {
  const box = host.querySelector(".scroll");
  const [top, left] = [box?.scrollTop ?? 0, box?.scrollLeft ?? 0];
  const focused = box !== null && document.activeElement === box;
  show(host, facts, () =>
    facts.rows.length === 0 ? [element("p", { class: "quiet" }, ...words(facts.none))] : [drawn(facts)],
  );
  const now = host.querySelector<HTMLElement>(".scroll");
  if (!now || now === box) return;
  now.scrollTo({ top, left, behavior: "instant" });
  if (focused) now.focus({ preventScroll: true });
}

function drawn({ name, columns, rows }: Table): HTMLElement {
  const classOf = ({ number, plain }: Column) => (number ? "number" : plain ? "plain" : undefined);
  const head = columns.map((column) => element("th", { scope: "col", class: classOf(column) }, column.name));
  const body = rows.map((row) =>
    element(
      "tr",
      {},
      ...row.map((cell, at) => element("td", { class: classOf(columns[at] ?? { name }) }, content(cell))),
    ),
  );
  const made = element(
    "table",
    { "aria-label": name },
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...body),
  );
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${name}, scrolls` }, made);
}

function content(cell: Cell): Child {
  if (typeof cell === "string") return cell;
  if ("badge" in cell) return badge(cell.badge, cell.tone);
  return bar(cell.share, cell.of);
}

export function badge(text: string, tone: Tone): HTMLElement {
  return element("span", { class: "badge", "data-tone": tone }, text);
}

/** @param share 0 to 1 */
function bar(share: number, text: string): HTMLElement {
  const width = Math.min(Math.max(share, 0), 1) * 120;
  const back = svg("rect", { width: 120, height: 8, rx: 4 });
  const drawn = svg("svg", { class: "share", viewBox: "0 0 120 8", "aria-hidden": "true" }, back);
  drawn.append(svg("rect", { width, height: 8, rx: 4 }));
  return element("span", {}, text, drawn);
}
