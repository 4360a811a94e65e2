// fxn ledger: what was served, by day, model and caller; readable while the node runs.

import { Command, Option, UsageError } from "clipanion";
import { systemClock } from "../src/core/clock.ts";
import { SILENT } from "../src/core/log.ts";
import { loadConfig } from "../src/networks/config.ts";
import { openShared } from "../src/node/stores.ts";
import { openReadOnly } from "../src/store/database.ts";
import {
  isLedgerKey,
  LEDGER_KEYS,
  type LedgerKey,
  type LedgerSum,
  sumLedger,
  withJournal,
} from "../src/store/ledger/table.ts";
import { EXIT, FxnCommand } from "./base.ts";
import { ledgerTable } from "./ledger-table.ts";
import type { ValuesOf } from "./manual/values.ts";
import { sinceMs } from "./since.ts";
import { widthOf } from "./terminal-width.ts";

/** Years of rows take their time. */
const SUM_LIMIT_MS = 30_000;

export class LedgerCommand extends FxnCommand {
  static override values: ValuesOf = { ...FxnCommand.values, "--by": Object.keys(LEDGER_KEYS) };

  static override paths = [["ledger"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "show what was served, by day, model and caller",
    details: `
      Sums the ledger under home, or the one in the store that several nodes share: requests, those answered well, prompt
      and completion tokens. Days are UTC.
      "unreported" counts answers whose tokens the model server did not report; a stream's chunks were counted instead
      where there were any. The ledger holds no prompt and no answer. On a narrow terminal long names are shortened; in a
      pipe (fxn ledger | cat) and with --json they are whole.
    `,
    examples: [
      ["The last thirty days", "fxn ledger"],
      ["One line per caller since a date, for a script", "fxn ledger --by caller --since 2026-11-01 --json"],
    ],
  });

  by = Option.String("--by", "day,model,caller", {
    description: `What to sum by, comma-separated: ${Object.keys(LEDGER_KEYS).join(", ")}`,
  });
  since = Option.String("--since", "30d", { description: "A UTC date (2026-11-01) or how long ago (7d, 12h)" });
  json = Option.Boolean("--json", false, { description: "For a machine" });

  protected async run(): Promise<number> {
    const by = this.#keys();
    const since = sinceMs(this.since, Date.now());
    const sums = await this.#sums(by, since);
    if (this.json) {
      this.printJson({
        schema: 1,
        since: new Date(since).toISOString(),
        by,
        rows: sums.map((sum) => jsonRow(by, sum)),
      });
    } else if (sums.length === 0) {
      this.print(`Nothing was served since ${new Date(since).toISOString().slice(0, 10)} (home ${this.homeDir()}).`);
    } else {
      this.print(ledgerTable(by, sums, widthOf(this.context.stdout)));
    }
    return EXIT.ok;
  }

  async #sums(by: readonly LedgerKey[], since: number): Promise<LedgerSum[]> {
    const { config } = await loadConfig({ home: this.homeDir(), env: this.context.env });
    const patient = { ...config, store: { ...config.store, timeout: SUM_LIMIT_MS } };
    const shared = openShared(patient, systemClock, SILENT);
    if (shared) return shared.rows.sums(by, since, Number.MAX_SAFE_INTEGER).finally(() => shared.close());
    const db = openReadOnly(this.homeDir());
    const sums = db ? sumLedger(db, by, since, Number.MAX_SAFE_INTEGER, withJournal(db, this.homeDir())) : [];
    db?.close();
    return sums;
  }

  #keys(): LedgerKey[] {
    return this.by.split(",").map((text) => {
      const name = text.trim();
      if (isLedgerKey(name)) return name;
      throw new UsageError(`--by: "${name}" is none of ${Object.keys(LEDGER_KEYS).join(", ")}`);
    });
  }
}

function jsonRow(by: readonly LedgerKey[], { keys, ...sums }: LedgerSum): Record<string, string | number> {
  return { ...Object.fromEntries(by.map((key, i) => [key, keys[i] ?? ""])), ...sums };
}
