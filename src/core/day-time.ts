// Hours of the day, as an operator means them: "22:00-07:00" in this machine's time zone.

export interface Hours {
  /** Minutes since midnight. */
  readonly from: number;
  /** The same; at or before `from`: of the next day. */
  readonly to: number;
}

const TIME = String.raw`([01]?\d|2[0-3]):([0-5]\d)`;
const HOURS = new RegExp(`^${TIME}\\s*-\\s*${TIME}$`);
const DAY_MINUTES = 24 * 60;

/** undefined for text that is none, or means no time at all. */
export function parseHours(text: string): Hours | undefined {
  const numbers = HOURS.exec(text.trim())?.slice(1).map(Number);
  if (!numbers) return undefined;
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = numbers;
  const hours = { from: 60 * fromHour + fromMinute, to: 60 * toHour + toMinute };
  return hours.from === hours.to ? undefined : hours;
}

export function formatHours({ from, to }: Hours): string {
  const time = (minutes: number) =>
    `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  return `${time(from)}-${time(to)}`;
}

/** Minutes until these hours are over; undefined outside them. @param now wall clock, milliseconds */
export function minutesLeft({ from, to }: Hours, now: number): number | undefined {
  const date = new Date(now);
  const minute = 60 * date.getHours() + date.getMinutes();
  const length = (to - from + DAY_MINUTES) % DAY_MINUTES;
  const since = (minute - from + DAY_MINUTES) % DAY_MINUTES;
  return since < length ? length - since : undefined;
}
