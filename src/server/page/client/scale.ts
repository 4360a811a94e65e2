// From values to places: round steps of an axis, and the lines through what is known.

/** Steps from 0 to the first that holds `highest`: 1, 2 or 5 times a power of ten apart. */
export function steps(highest: number, count = 4): number[] {
  const top = highest > 0 && Number.isFinite(highest) ? highest : 1;
  const rough = top / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10) * power;
  const many = Math.max(1, Math.ceil(top / step - 1e-9));
  return Array.from({ length: many + 1 }, (_, at) => Number((at * step).toPrecision(12)));
}

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];
const SPANS = [
  ...[5, 10, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 6].map((count) => count * HOUR),
  ...[1, 2, 5, 10, 15].map((count) => count * DAY),
];

/** Round moments from the first to the last, no more than `most`. */
export function moments(first: number, last: number, most: number): number[] {
  const step = SPANS.find((span) => Math.floor(last / span) - Math.ceil(first / span) < most) ?? last - first + 1;
  const from = Math.ceil(first / step);
  return Array.from({ length: Math.floor(last / step) - from + 1 }, (_, at) => (from + at) * step);
}

/** Pixels: a line of one point would not be seen. */
const ALONE = 4;

/** The path of an SVG; a gap where a value is not known. */
export function path(
  values: readonly (number | null)[],
  x: (index: number) => number,
  y: (value: number) => number,
): string {
  let text = "";
  let open = false;
  for (const [index, value] of values.entries()) {
    if (value === null) {
      open = false;
      continue;
    }
    const alone = !open && (values[index + 1] ?? null) === null;
    const left = round(x(index) - (alone ? ALONE / 2 : 0));
    text += `${open ? "L" : "M"}${left},${round(y(value))}${alone ? `h${ALONE}` : ""}`;
    open = true;
  }
  return text;
}

const round = (value: number) => Math.round(value * 10) / 10;
