// What was earned and spent: by network and asset, and day by day.
import type { Activity, EarningsLine } from "../../../core/activity.ts";
import { Chart } from "./chart.ts";
import { byId, element } from "./dom.ts";
import { table } from "./table.ts";
import { amount, coinNumber, coins, dayName } from "./words.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** A chart for each asset that was paid, since one axis has one unit; each stays as it is while others come. */
export function earningsView(): (activity: Activity) => void {
  const charts = new Map<string, Chart>();
  function chartOf(asset: string): Chart {
    const host = element("figure", { class: "card" });
    byId("earning-charts").append(host);
    const chart = new Chart(host, `${asset} each day (UTC)`, coinNumber, dayName);
    charts.set(asset, chart);
    return chart;
  }
  return ({ earnings, now }) => {
    const paid = earnings.filter(({ kind }) => kind === "reward");
    byId("earning-charts").hidden = paid.length === 0;
    for (const [asset, lines] of Map.groupBy(paid, (line) => line.asset)) {
      const days = lines[0]?.days.length ?? 0;
      const today = now - (now % DAY_MS);
      const times = Array.from({ length: days }, (_, at) => today - (days - 1 - at) * DAY_MS);
      const series = lines.map(({ network, days }) => ({ name: network, values: days.map(coins) }));
      (charts.get(asset) ?? chartOf(asset)).update(times, series);
    }
    showSums(earnings);
  };
}

function showSums(earnings: readonly EarningsLine[]): void {
  table(byId("earnings"), {
    name: "Earnings",
    columns: [
      { name: "Network", plain: true },
      { name: "What", plain: true },
      { name: "Since midnight UTC", number: true },
      { name: "In 30 days", number: true },
    ],
    rows: earnings.map(({ network, asset, kind, today, thirtyDays }) => [
      network,
      kind === "reward" ? { badge: "paid", tone: "good" } : { badge: "gas spent", tone: "quiet" },
      amount(today, asset),
      amount(thirtyDays, asset),
    ]),
    none: "Nothing was paid in 30 days by a network that settles on a chain. `fxn ledger` has what was served.",
  });
}
