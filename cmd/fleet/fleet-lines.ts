// Several nodes in one table, those that are not well first; and what they have earned together.
import { ETHER, formatAmount, parseAmount } from "../../src/core/amount.ts";
import { clean } from "../../src/lib/clean.ts";
import { table } from "../table.ts";
import { age } from "../top/figures.ts";
import type { HostAnswer, HostEarning } from "./ask-host.ts";

export function fleetLines(answers: readonly HostAnswer[]): string[] {
  const rows = answers.toSorted((a, b) => rank(a) - rank(b)).map(row);
  const sums = earnedTogether(answers);
  const header = ["host", "node", "version", "up", "under way", "streams", "waiting", "what is wrong"];
  const earned = sums.map(({ network, asset, rewards, gas }) => [clean(network), clean(asset), rewards, gas]);
  return [
    table(header, rows),
    ...(earned.length > 0 ? ["", table(["30 days", "asset", "rewards", "gas"], earned)] : []),
  ];
}

function rank({ status }: HostAnswer): number {
  return status === null ? 0 : status.ready ? 2 : 1;
}

function row({ host, status, error }: HostAnswer): (string | number)[] {
  if (!status) return [host, "NO ANSWER", "", "", "", "", "", error ?? ""];
  const running = status.backends.reduce((sum, { inFlight }) => sum + inFlight, 0);
  const waiting = Object.values(status.waiting).reduce((sum, count) => sum + count, 0);
  const [reason = ""] = status.reasons;
  const more = status.reasons.length > 1 ? `, and ${status.reasons.length - 1} more` : "";
  return [
    ...[host, status.ready ? "ready" : "NOT READY", clean(status.version), age(status.uptimeSeconds * 1000)],
    ...[String(running), String(status.streams ?? "-"), String(waiting), `${clean(reason)}${more}`],
  ];
}

/** By network and asset, exact; what gas and rewards are in the same asset stays apart. */
export function earnedTogether(answers: readonly HostAnswer[]): HostEarning[] {
  const all = answers.flatMap(({ earnings }) => earnings);
  const groups = Map.groupBy(all, ({ network, asset }) => JSON.stringify([network, asset]));
  return [...groups.values()].flatMap((some) => {
    const [first] = some;
    const sum = (of: (one: HostEarning) => string) =>
      formatAmount(
        some.reduce((total, one) => total + (parseAmount(of(one), ETHER) ?? 0n), 0n),
        ETHER,
      );
    return first ? [{ ...first, rewards: sum(({ rewards }) => rewards), gas: sum(({ gas }) => gas) }] : [];
  });
}
