// fxn oarn task history: the tasks that this node has taken, and what came of each.
import { Command, Option, UsageError } from "clipanion";
import type { ChainReader } from "../../../src/chain/chain.ts";
import { ETHER, formatAmount } from "../../../src/core/amount.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { messageOf } from "../../../src/core/errors.ts";
import type { JobRecord } from "../../../src/networks/jobs/job.ts";
import { jobRecords } from "../../../src/networks/jobs/job-book.ts";
import { listed } from "../../../src/networks/oarn/client/shown.ts";
import { blockTime } from "../../../src/networks/oarn/job/ports.ts";
import { oarnNetwork } from "../../../src/networks/oarn/network.ts";
import type { TaskRegistry } from "../../../src/networks/oarn/registry/registry.ts";
import { openReadOnly } from "../../../src/store/database.ts";
import { earningsOfJobs, type JobEarnings } from "../../../src/store/earnings.ts";
import { networkState } from "../../../src/store/network-state.ts";
import { EXIT } from "../../base.ts";
import { table } from "../../table.ts";
import { OarnCommand } from "../oarn-command.ts";

type OnChain = ReturnType<typeof listed> & { readonly version: "v1" | "v2" };

export class OarnTaskHistoryCommand extends OarnCommand {
  static override paths = [
    ["oarn", "task", "history"],
    ["oarn", "tasks", "history"],
    ["oarn", "task", "mine"],
    ["oarn", "tasks", "mine"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "show the tasks that this node has taken, and what came of each",
    details: `
      The latest first, from this home's own records; what the chain says of them now comes to it where the chain can be
      reached. Outcomes: settled (paid), unpaid (delivered, and nothing came of it), declined (never claimed), lost (others
      were first), failed.
    `,
    examples: [["For a script", "$0 oarn task history --json"]],
  });

  limit = Option.String("-l,--limit", "20", { description: "How many" });
  v2 = Option.Boolean("--v2", false, { description: "Accepted: tasks of all registries are shown" });
  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const limit = /^\d{1,4}$/.test(this.limit) ? Number(this.limit) : 0;
    if (limit < 1) throw new UsageError("--limit takes a number from 1 to 9999");
    const { records, earned } = this.#kept();
    const latest = records.slice(0, limit);
    const there = latest.length > 0 ? await this.#onChain(latest) : new Map<string, OnChain>();
    const tasks = latest.map((record) => shownTask(record, there.get(record.id), earned.get(record.id)));
    if (this.json)
      this.printJson({ tasks, total: records.length, version: there.values().next().value?.version ?? "v2" });
    else if (tasks.length === 0) this.print(`This node has taken no task (home ${this.homeDir()}).`);
    else
      this.print(
        table(
          ["task", "model", "outcome", "status", "earned ETH", "gas ETH", "reason"],
          tasks.map((one) => [
            one.key,
            one.model,
            one.outcome ?? `in ${one.step}`,
            one.status,
            one.earned,
            one.gas,
            one.reason ?? "",
          ]),
        ),
      );
    return EXIT.ok;
  }

  #kept(): { records: readonly JobRecord[]; earned: ReadonlyMap<string, JobEarnings> } {
    const db = openReadOnly(this.homeDir());
    if (!db) return { records: [], earned: new Map() };
    try {
      const state = networkState(db, oarnNetwork.id, systemClock);
      return { records: jobRecords(state), earned: earningsOfJobs(db, oarnNetwork.id, "ETH") };
    } finally {
      db.close();
    }
  }

  /** What cannot be had is left out, and said. */
  async #onChain(records: readonly JobRecord[]): Promise<ReadonlyMap<string, OnChain>> {
    try {
      return await this.reading(await this.oarn(), ({ chain, registries }) => look(chain, registries, records));
    } catch (error) {
      this.printError(`fxn: without what the chain says: ${messageOf(error)}`);
      return new Map();
    }
  }
}

function look(chain: ChainReader, registries: readonly TaskRegistry[], records: readonly JobRecord[]) {
  return chain.read(async (view) => {
    const now = await blockTime(view);
    const found = new Map<string, OnChain>();
    for (const { id: key } of records) {
      const id = numberIn(key);
      const registry = registries.find((one) => one.key(id) === key);
      const task = await registry?.task(view, id);
      if (registry && task) found.set(key, { ...listed(task, now), version: `v${registry.version.number}` });
    }
    return found;
  });
}

function shownTask(record: JobRecord, there: OnChain | undefined, earned: JobEarnings | undefined) {
  const id = numberIn(record.id);
  return {
    ...(there ?? { id: id <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(id) : String(id), status: "unknown" }),
    key: record.id,
    model: record.model,
    step: record.step,
    outcome: record.outcome ?? null,
    reason: record.reason ?? null,
    earned: formatAmount(earned?.reward ?? 0n, ETHER),
    gas: formatAmount(earned?.gas ?? 0n, ETHER),
    tx_hash: earned?.transaction ?? null,
    at: new Date(record.at).toISOString(),
  };
}

function numberIn(key: string): bigint {
  return BigInt(/\/(\d{1,78})$/.exec(key)?.[1] ?? "0");
}
