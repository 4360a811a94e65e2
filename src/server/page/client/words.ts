// Numbers, times and amounts as people read them.
import { ETHER, formatAmount } from "../../../core/amount.ts";

const UNKNOWN = "–";

/** Three digits that matter: 0.42, 3.1, 57, 12.3k. */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const size = Math.abs(value);
  if (size >= 1e6) return `${trim(value / 1e6)}M`;
  if (size >= 1e4) return `${trim(value / 1e3)}k`;
  return trim(value);
}

function trim(value: number): string {
  const size = Math.abs(value);
  return String(Number(value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)));
}

export const seconds = (value: number | null | undefined): string => {
  if (value === null || value === undefined) return UNKNOWN;
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${number(value)} s`;
};

export const milliseconds = (value: number | null): string => (value === null ? UNKNOWN : seconds(value / 1000));

export const percent = (value: number | null | undefined): string =>
  value === null || value === undefined ? UNKNOWN : `${Math.round(value)} %`;

/** MiB in, GiB out where that is shorter. */
export const memory = (mib: number | null | undefined): string => {
  if (mib === null || mib === undefined) return UNKNOWN;
  return mib < 1024 ? `${Math.round(mib)} MiB` : `${number(mib / 1024)} GiB`;
};

export const gibibytes = (value: number | null): string => (value === null ? UNKNOWN : `${number(value)} GiB`);

const SPANS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
] as const;

/** The two largest units: "3 d 4 h". */
export function span(total: number): string {
  const first = SPANS.findIndex(([, size]) => total >= size);
  if (first < 0) return "0 s";
  let rest = Math.floor(total);
  const words: string[] = [];
  for (const [unit, size] of SPANS.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) words.push(`${count} ${unit}`);
  }
  return words.join(" ");
}

const two = (value: number) => String(value).padStart(2, "0");

/** Of this browser's time zone, 24 hours. */
export function clockTime(at: number): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** With the day where that is not today's. */
export function moment(at: number, now: number): string {
  const date = new Date(at);
  if (date.toDateString() === new Date(now).toDateString()) return clockTime(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockTime(at)}`;
}

/** An address of 42 characters says as much with 12. */
export const short = (text: string): string => (text.length > 16 ? `${text.slice(0, 8)}…${text.slice(-4)}` : text);

/** Exact to the last digit that a person compares; the exact one is in `fxn earnings`. */
export function amount(units: string, asset: string): string {
  const text = /^-?\d+$/.test(units) ? formatAmount(BigInt(units), ETHER) : UNKNOWN;
  return `${text} ${asset}`;
}

/** Of an amount, for a line's height alone. */
export const coins = (units: string): number => (Number(units) || 0) / 10 ** ETHER;

/** Small ones too, of which number() would leave nothing. */
export const coinNumber = (value: number | null): string =>
  value === null || value === 0 || value >= 0.01 ? number(value) : String(Number(value.toPrecision(2)));

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** "26 Nov", of UTC. */
export function dayName(at: number): string {
  const date = new Date(at);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}
