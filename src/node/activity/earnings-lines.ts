// What each network has paid and cost in thirty days, day by day, out of the sums by day.
import type { EarningsLine } from "../../core/activity.ts";
import type { EarningSum } from "../../store/earnings.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS = 30;

/** When the first of the days began, today being the last of them. @param now wall clock */
export function firstDay(now: number): number {
  return now - (now % DAY_MS) - (DAYS - 1) * DAY_MS;
}

/** @param sums by network and day, from the first day on @param now wall clock */
export function earningsLines(sums: readonly EarningSum[], now: number): EarningsLine[] {
  const days = Array.from({ length: DAYS }, (_, at) => nameOf(firstDay(now) + at * DAY_MS));
  const byAsset = Map.groupBy(sums, ({ keys: [network], asset }) => JSON.stringify([network, asset]));
  return [...byAsset.values()].flatMap((some) =>
    (["reward", "gas"] as const).flatMap((kind) => {
      const all = some.reduce((sum, day) => sum + day[kind], 0n);
      if (all === 0n) return [];
      const of = (day: string) => some.find(({ keys }) => keys[1] === day)?.[kind] ?? 0n;
      const [{ keys: [network = ""] = [], asset } = { asset: "" }] = some;
      const amounts = days.map((day) => of(day).toString());
      return [{ network, asset, kind, today: amounts.at(-1) ?? "0", thirtyDays: all.toString(), days: amounts }];
    }),
  );
}

/** "2026-11-26", as the sums have it. */
const nameOf = (at: number) => new Date(at).toISOString().slice(0, 10);
