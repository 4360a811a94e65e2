// The ledger's last rows, and which of them are shown.
import type { Activity } from "../../../core/activity.ts";
import type { LedgerRow, Outcome } from "../../../core/ledger.ts";
import { byId, element, show } from "./dom.ts";
import { type Tone, table } from "./table.ts";
import { milliseconds, moment, number, short } from "./words.ts";

const FILTERS = ["network", "model", "outcome"] as const;
type Filter = (typeof FILTERS)[number];

const TONES: Readonly<Record<Outcome, Tone>> = { ok: "good", error: "bad", cancelled: "quiet", cut: "warn" };

/** @param redraw called when another choice was made */
export function ledgerView(redraw: () => void): (activity: Activity) => void {
  const chosen = new Map<Filter, string>();
  const select = (filter: Filter) => byId(`filter-${filter}`);
  for (const filter of FILTERS) {
    select(filter).addEventListener("change", ({ target }) => {
      chosen.set(filter, target instanceof HTMLSelectElement ? target.value : "");
      redraw();
    });
  }
  return ({ ledger, ledgerShared, now }) => {
    for (const filter of FILTERS) {
      const wanted = chosen.get(filter) ?? "";
      const values = [...new Set([...ledger.map((row) => row[filter]), ...(wanted === "" ? [] : [wanted])])].sort();
      show(select(filter), values, () => [
        element("option", { value: "" }, "all"),
        ...values.map((value) => element("option", { value, selected: value === wanted ? "" : undefined }, value)),
      ]);
    }
    const rows = ledger.filter((row) => FILTERS.every((filter) => matches(row, filter, chosen.get(filter))));
    const count = `${rows.length} of the last ${ledger.length}`;
    // It is read out when it changes, and only then.
    if (byId("ledger-count").textContent !== count) byId("ledger-count").textContent = count;
    table(byId("ledger-rows"), {
      name: "Ledger",
      columns: [
        { name: "Time", plain: true },
        { name: "Network", plain: true },
        { name: "Model" },
        { name: "Caller", plain: true },
        { name: "Tokens read", number: true },
        { name: "Written", number: true },
        { name: "First token", number: true },
        { name: "Took", number: true },
        { name: "Outcome", plain: true },
      ],
      rows: rows.map((row) => [
        moment(row.at, now),
        row.network,
        row.model,
        short(row.caller),
        number(row.promptTokens),
        number(row.completionTokens),
        milliseconds(row.firstTokenMs),
        milliseconds(row.durationMs),
        { badge: row.outcome === "ok" ? "ok" : `${row.outcome} ${row.status}`, tone: TONES[row.outcome] ?? "quiet" },
      ]),
      none: noneWords(ledger.length, ledgerShared),
    });
  };
}

function noneWords(kept: number, shared: boolean): string {
  if (shared) return "The rows are in the store that several nodes share: `fxn ledger` sums them.";
  return kept === 0
    ? "Nothing was served yet. `fxn why` says what keeps callers away."
    : "None of the last rows is like that.";
}

const matches = (row: LedgerRow, filter: Filter, wanted = "") => wanted === "" || row[filter] === wanted;
