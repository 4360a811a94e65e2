// A chart of lines over time: drawn to the pixel, read with the pointer, the arrow keys, a screen reader or as a table.
import { element, show, svg } from "./dom.ts";
import { moments, path, steps } from "./scale.ts";
import { table } from "./table.ts";
import { clockTime } from "./words.ts";

export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** That page.css has; a ninth line looks like the first. */
const COLOURS = 8;
const HEIGHT = 170;
const LEFT = 56;
const RIGHT = 8;
const TOP = 10;
const BOTTOM = 24;
/** Pixels that the name of a moment takes, with room around it. */
const MOMENT = 84;
const HALF_LETTER = 3;
/** Rows of the table: who wants all of them has /activity. */
const MAX_ROWS = 60;

export class Chart {
  readonly #title: string;
  readonly #format: (value: number | null) => string;
  readonly #timeName: (at: number) => string;
  readonly #drawing: SVGElement;
  readonly #legend = element("ul", { class: "legend" });
  readonly #reading = element("p", { class: "reading", "aria-live": "polite" });
  readonly #details: HTMLElement;
  readonly #rows = element("div");
  #times: readonly number[] = [];
  #series: readonly Series[] = [];
  #least = 0;
  /** The moment that is read, which wanders to the left as time goes on; undefined: none. */
  #cursor: number | undefined;

  /** @param format a value with its unit */
  constructor(host: Element, title: string, format: (value: number | null) => string, timeName = clockTime) {
    this.#title = title;
    this.#format = format;
    this.#timeName = timeName;
    this.#drawing = svg("svg", { class: "chart", role: "img", tabindex: 0 });
    this.#details = element("details", {}, element("summary", {}, "As a table"), this.#rows);
    const caption = element("figcaption", {}, element("h3", {}, title), this.#legend);
    const foot = element("div", { class: "foot" }, this.#details, this.#reading);
    host.replaceChildren(caption, this.#drawing, foot);
    this.#drawing.addEventListener("keydown", (event) => this.#onKey(event));
    this.#drawing.addEventListener("pointermove", (event) => this.#point(event.offsetX));
    this.#drawing.addEventListener("pointerleave", () => this.#read(undefined));
    this.#drawing.addEventListener("blur", () => this.#read(undefined));
    this.#details.addEventListener("toggle", () => this.#list());
    new ResizeObserver(() => this.#draw()).observe(this.#drawing);
  }

  /** @param least what the axis reaches at least */
  update(times: readonly number[], series: readonly Series[], least = 0): void {
    this.#times = times;
    this.#series = series;
    this.#least = least;
    this.#draw();
    this.#list();
  }

  #x = (index: number): number => {
    const width = this.#width() - LEFT - RIGHT;
    return LEFT + (this.#times.length < 2 ? width : (index / (this.#times.length - 1)) * width);
  };

  #width(): number {
    return this.#drawing.clientWidth || 480;
  }

  #draw(): void {
    const highest = Math.max(this.#least, ...this.#series.flatMap(({ values }) => values.map((value) => value ?? 0)));
    const marks = steps(highest);
    const top = marks.at(-1) ?? 1;
    const y = (value: number) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
    const width = this.#width();
    const grid = marks.flatMap((mark) => [
      svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(mark), y2: y(mark) }),
      svg("text", { x: LEFT - 8, y: y(mark) + 4, "text-anchor": "end" }, this.#format(mark)),
    ]);
    const lines = this.#series.map(({ values }, n) =>
      svg("path", { class: "series", "data-n": n % COLOURS, d: path(values, this.#x, y) }),
    );
    this.#drawing.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.#drawing.setAttribute("aria-label", this.#summary());
    this.#drawing.replaceChildren(...grid, ...this.#timeMarks(), ...lines, ...this.#cursorMarks(y));
    show(
      this.#legend,
      this.#series.map(({ name, values }) => [name, values.at(-1)]),
      () =>
        this.#series.map(({ name, values }, n) => {
          const sample = svg("path", { class: "series", "data-n": n % COLOURS, d: "M0,4h22" });
          const key = svg("svg", { viewBox: "0 0 22 8", "aria-hidden": "true" }, sample);
          return element("li", {}, key, `${name} ${this.#format(values.at(-1) ?? null)}`);
        }),
    );
  }

  #timeMarks(): SVGElement[] {
    const [first, last] = [this.#times[0], this.#times.at(-1)];
    const [left, right] = [LEFT, this.#width() - RIGHT];
    const isEmpty = this.#series.every(({ values }) => values.every((value) => value === null));
    if (first === undefined || last === undefined || isEmpty) {
      const middle = { x: (left + right) / 2, y: (HEIGHT - BOTTOM) / 2, "text-anchor": "middle" };
      return [svg("text", middle, "Nothing yet")];
    }
    const round = moments(first, last, Math.max(1, Math.floor((right - left) / MOMENT)));
    return (round.length > 0 ? round : [last]).map((at) => {
      // Round minutes do not say their seconds.
      const name = this.#timeName(at).replace(/:00$/, "");
      const place = first === last ? right : left + ((at - first) / (last - first)) * (right - left);
      const x = Math.min(place, right - name.length * HALF_LETTER);
      return svg("text", { x, y: HEIGHT - 6, "text-anchor": "middle" }, name);
    });
  }

  #cursorMarks(y: (value: number) => number): SVGElement[] {
    const at = this.#cursor === undefined ? -1 : this.#times.indexOf(this.#cursor);
    if (at < 0) return [];
    const x = this.#x(at);
    const dots = this.#series.flatMap(({ values }, n) => {
      const value = values[at] ?? null;
      return value === null ? [] : [svg("circle", { class: "dot", "data-n": n % COLOURS, cx: x, cy: y(value), r: 4 })];
    });
    return [svg("line", { class: "cursor", x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM }), ...dots];
  }

  /** What a screen reader says of the whole. */
  #summary(): string {
    const [first, last] = [this.#times[0], this.#times.at(-1)];
    if (first === undefined || last === undefined) return `${this.#title}: nothing was measured yet`;
    const parts = this.#series.map(({ name, values }) => {
      const known = values.filter((value) => value !== null);
      const highest = known.length === 0 ? null : Math.max(...known);
      return `${name}: now ${this.#format(values.at(-1) ?? null)}, highest ${this.#format(highest)}`;
    });
    return `${this.#title}, ${this.#timeName(first)} to ${this.#timeName(last)}. ${parts.join(". ")}. Arrow keys read single values.`;
  }

  #onKey(event: KeyboardEvent): void {
    const end = this.#times.length - 1;
    const at = this.#cursor === undefined ? end + 1 : this.#times.indexOf(this.#cursor);
    const places: Readonly<Record<string, number>> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: end };
    const to = places[event.key];
    if (event.key === "Escape") this.#read(undefined);
    else if (to !== undefined && end >= 0) {
      event.preventDefault();
      this.#read(Math.min(Math.max(to, 0), end));
    }
  }

  #point(x: number): void {
    const end = this.#times.length - 1;
    const share = (x - LEFT) / (this.#width() - LEFT - RIGHT);
    if (end >= 0) this.#read(Math.min(Math.max(Math.round(share * end), 0), end));
  }

  #read(index: number | undefined): void {
    const time = index === undefined ? undefined : this.#times[index];
    if (time === this.#cursor) return;
    this.#cursor = time;
    const values = this.#series.map(({ name, values }) => `${name} ${this.#format(values[index ?? 0] ?? null)}`);
    this.#reading.textContent = time === undefined ? "" : `${this.#timeName(time)}  ${values.join(", ")}`;
    this.#draw();
  }

  #list(): void {
    if (!this.#details.hasAttribute("open")) return;
    const rows = this.#times.map((time, at) => [
      this.#timeName(time),
      ...this.#series.map(({ values }) => this.#format(values[at] ?? null)),
    ]);
    table(this.#rows, {
      name: this.#title,
      columns: [{ name: "Time" }, ...this.#series.map(({ name }) => ({ name, number: true }))],
      rows: rows.reverse().slice(0, MAX_ROWS),
      none: "Nothing was measured yet.",
    });
  }
}
