// What each network has paid and cost today and in thirty days, out of the sums by day.
import type { EarningsLine } from "../../core/activity.ts";
import type { EarningSum } from "../../store/earnings.ts";

/** @param sums by network and day @param today "2026-11-26", UTC */
export function earningsLines(sums: readonly EarningSum[], today: string): EarningsLine[] {
  const byAsset = Map.groupBy(sums, ({ keys: [network], asset }) => JSON.stringify([network, asset]));
  return [...byAsset.values()].flatMap((days) =>
    (["reward", "gas"] as const).flatMap((kind) => {
      const sum = (some: readonly EarningSum[]) => some.reduce((all, day) => all + day[kind], 0n);
      const thirtyDays = sum(days);
      if (thirtyDays === 0n) return [];
      const [{ keys: [network = ""] = [], asset } = { asset: "" }] = days;
      const ofToday = sum(days.filter(({ keys: [, day] }) => day === today));
      return [{ network, asset, kind, today: ofToday.toString(), thirtyDays: thirtyDays.toString() }];
    }),
  );
}
