// Sums of ledger rows for a store that cannot sum by itself; as SQL does it in ../ledger/table.ts.
import type { LedgerRow } from "../../core/ledger.ts";
import type { LedgerKey, LedgerSum } from "../ledger/table.ts";

type Counts = { -readonly [K in keyof LedgerSum]: LedgerSum[K] };

const VALUES: Readonly<Record<LedgerKey, (row: LedgerRow) => string>> = {
  day: ({ at }) => new Date(at).toISOString().slice(0, 10),
  model: ({ model }) => model,
  caller: ({ caller }) => caller,
  network: ({ network }) => network,
  backend: ({ backend }) => backend,
};

export class LedgerSums {
  readonly #by: readonly LedgerKey[];
  readonly #groups = new Map<string, Counts>();

  constructor(by: readonly LedgerKey[]) {
    this.#by = by;
    // With nothing to sum by there is one sum, of no rows too.
    if (by.length === 0) this.#group([]);
  }

  add(row: LedgerRow): void {
    const sum = this.#group(this.#by.map((key) => VALUES[key](row)));
    sum.requests++;
    sum.ok += row.outcome === "ok" ? 1 : 0;
    sum.promptTokens += row.promptTokens ?? 0;
    sum.completionTokens += row.completionTokens ?? 0;
    sum.unreported += row.tokenSource === "backend" ? 0 : 1;
  }

  /** The greatest keys first. */
  all(): LedgerSum[] {
    return [...this.#groups.values()].sort((a, b) => compare(b.keys, a.keys));
  }

  #group(keys: readonly string[]): Counts {
    const name = JSON.stringify(keys);
    const known = this.#groups.get(name);
    if (known) return known;
    const made = { keys, requests: 0, ok: 0, promptTokens: 0, completionTokens: 0, unreported: 0 };
    this.#groups.set(name, made);
    return made;
  }
}

function compare(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((key, i) => key !== b[i]);
  return at < 0 ? 0 : (a[at] ?? "") < (b[at] ?? "") ? -1 : 1;
}
