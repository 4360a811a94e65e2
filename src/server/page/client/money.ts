// What was earned and spent, by network and asset; a bar compares amounts of one asset alone.
import type { Activity } from "../../../core/activity.ts";
import { byId } from "./dom.ts";
import { table } from "./table.ts";
import { amount, size } from "./words.ts";

export function showEarnings({ earnings }: Activity): void {
  const largest = (asset: string) =>
    Math.max(1, ...earnings.filter((line) => line.asset === asset).map(({ thirtyDays }) => size(thirtyDays)));
  table(byId("earnings"), {
    name: "Earnings",
    columns: [
      { name: "Network", plain: true },
      { name: "What", plain: true },
      { name: "Since midnight UTC", number: true },
      { name: "In 30 days", plain: true },
    ],
    rows: earnings.map(({ network, asset, kind, today, thirtyDays }) => [
      network,
      kind === "reward" ? { badge: "paid", tone: "good" } : { badge: "gas spent", tone: "warn" },
      amount(today, asset),
      { share: size(thirtyDays) / largest(asset), of: amount(thirtyDays, asset) },
    ]),
    none: "Nothing was paid in 30 days by a network that settles on a chain. The ledger has what was served.",
  });
}
