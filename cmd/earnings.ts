// fxn earnings: what networks have paid, and what the transactions for it have cost; readable while the node runs.
import { Command, Option, UsageError } from "clipanion";
import { ETHER, formatAmount } from "../src/core/amount.ts";
import { clean } from "../src/lib/clean.ts";
import { loadConfig } from "../src/networks/config.ts";
import { openReadOnly } from "../src/store/database.ts";
import {
  addTo,
  EARNING_KEYS,
  type EarningKey,
  type EarningSum,
  ofPayingNetworks,
  sumEarnings,
} from "../src/store/earnings.ts";
import { type LedgerSum, sumLedger, withJournal } from "../src/store/ledger/table.ts";
import { EXIT, FxnCommand } from "./base.ts";
import { gpusByBackend } from "./earnings-gpus.ts";
import type { ValuesOf } from "./manual/values.ts";
import { sinceMs } from "./since.ts";
import { type Cell, table } from "./table.ts";

/** What gas is paid in: only here gas and rewards can be subtracted. */
const GAS_ASSET = "ETH";

/** gpu: the model server's, as model_backend.yaml names them. */
const KEYS = [...EARNING_KEYS, "gpu"] as const;
type Key = (typeof KEYS)[number];

interface Group {
  readonly keys: readonly string[];
  readonly assets: readonly EarningSum[];
  /** undefined: it was not counted here. */
  readonly served: LedgerSum | undefined;
}

export class EarningsCommand extends FxnCommand {
  static override values: ValuesOf = { ...FxnCommand.values, "--by": [...KEYS] };

  static override paths = [["earnings"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "show what networks have paid, and what gas it has cost",
    details: `
      Sums what networks that settle on a chain have paid to this node, and the gas of its own transactions, as the chain
      told them: each transaction once, amounts exact. What is paid in ETH also has a net sum. Days are UTC.
      Beside them stands what the ledger knows of the same network, model or day: requests and tokens, of networks that
      pay only. The model server of a job (backend) is known where the ledger has its answer, its GPUs (gpu) where
      model_backend.yaml names them, as it does now; of the rest the place is empty. With a store that several nodes share they are left out, since earnings are those of this home.
    `,
    examples: [
      ["The last thirty days", "fxn earnings"],
      ["By the GPUs that have earned it", "fxn earnings --by gpu"],
      ["One line per day and network of a week, for a script", "fxn earnings --by day,network --since 7d --json"],
    ],
  });

  by = Option.String("--by", "network,model", {
    description: `What to sum by, comma-separated: ${KEYS.join(", ")}`,
  });
  since = Option.String("--since", "30d", { description: "A UTC date (2026-11-01) or how long ago (7d, 12h)" });
  json = Option.Boolean("--json", false, { description: "For a machine" });

  protected async run(): Promise<number> {
    const by = this.#keys();
    const since = sinceMs(this.since, Date.now());
    const groups = await this.#groups(by, since);
    if (this.json) {
      this.printJson({
        schema: 1,
        since: new Date(since).toISOString(),
        by,
        rows: groups.map((one) => jsonRow(by, one)),
      });
    } else if (groups.length === 0) {
      this.print(`Nothing was earned since ${new Date(since).toISOString().slice(0, 10)} (home ${this.homeDir()}).`);
    } else {
      const header = [...by, "requests", "prompt tokens", "completion tokens", "asset", "rewards", "gas", "net"];
      this.print(table(header, groups.flatMap(tableRows)));
    }
    return EXIT.ok;
  }

  async #groups(by: readonly Key[], since: number): Promise<Group[]> {
    const { config, models } = await loadConfig({ home: this.homeDir(), env: this.context.env });
    const db = openReadOnly(this.homeDir());
    if (!db) return [];
    const gpusOf = gpusByBackend(models);
    const shown = ({ keys }: { readonly keys: readonly string[] }) =>
      keys.map((key, i) => (by[i] === "gpu" ? gpusOf(key) : key));
    const asked = by.map((key): EarningKey => (key === "gpu" ? "backend" : key));
    try {
      const ledger = config.store.url === undefined ? withJournal(db, this.homeDir()) : undefined;
      const sums = new Map<string, EarningSum>();
      for (const sum of sumEarnings(db, asked, since, ledger)) addTo(sums, { ...sum, keys: shown(sum) });
      if (sums.size === 0) return [];
      const answers = ledger && sumLedger(db, asked, since, Number.MAX_SAFE_INTEGER, ofPayingNetworks(ledger));
      const served = answers ? answers.map((sum) => ({ ...sum, keys: shown(sum) })) : undefined;
      return [...Map.groupBy(sums.values(), ({ keys }) => JSON.stringify(keys))].map(([id, assets]) => ({
        keys: assets[0]?.keys ?? [],
        assets,
        served: served?.filter(({ keys }) => JSON.stringify(keys) === id).reduce(together, NOTHING),
      }));
    } finally {
      db.close();
    }
  }

  #keys(): Key[] {
    return this.by.split(",").map((text) => {
      const found = KEYS.find((key) => key === text.trim());
      if (found) return found;
      throw new UsageError(`--by: "${text.trim()}" is none of ${KEYS.join(", ")}`);
    });
  }
}

const NOTHING: LedgerSum = { keys: [], requests: 0, ok: 0, promptTokens: 0, completionTokens: 0, unreported: 0 };

function together(one: LedgerSum, other: LedgerSum): LedgerSum {
  return {
    keys: other.keys,
    requests: one.requests + other.requests,
    ok: one.ok + other.ok,
    promptTokens: one.promptTokens + other.promptTokens,
    completionTokens: one.completionTokens + other.completionTokens,
    unreported: one.unreported + other.unreported,
  };
}

/** undefined where the one cannot be taken from the other. */
function netOf({ asset, reward, gas }: EarningSum): string | undefined {
  return asset === GAS_ASSET ? formatAmount(reward - gas, ETHER) : undefined;
}

function jsonRow(by: readonly Key[], { keys, assets, served }: Group) {
  return {
    ...Object.fromEntries(by.map((key, i) => [key, keys[i] ?? ""])),
    ...(served && {
      requests: served.requests,
      promptTokens: served.promptTokens,
      completionTokens: served.completionTokens,
    }),
    assets: assets.map((sum) => ({
      asset: sum.asset,
      rewards: formatAmount(sum.reward, ETHER),
      gas: formatAmount(sum.gas, ETHER),
      net: netOf(sum),
    })),
  };
}

/** Names are the networks' own. One line for each asset; what was served stands in the first, so that nobody adds it up twice. */
function tableRows({ keys, assets, served }: Group): Cell[][] {
  return assets.map((sum, i) => {
    const counts = i === 0 && served ? [served.requests, served.promptTokens, served.completionTokens] : ["", "", ""];
    return [
      ...keys.map((key) => clean(key)),
      ...counts,
      clean(sum.asset),
      formatAmount(sum.reward, ETHER),
      formatAmount(sum.gas, ETHER),
      netOf(sum) ?? "",
    ];
  });
}
