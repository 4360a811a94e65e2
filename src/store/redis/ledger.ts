// The ledger in Redis: a hash for each day, id to row; an id that is there already is left as it is.
import { z } from "zod";
import type { LedgerRow } from "../../core/ledger.ts";
import { parseRow } from "../ledger/row.ts";
import type { LedgerKey, LedgerSum } from "../ledger/table.ts";
import type { Link } from "../shared/link.ts";
import type { RowStore } from "../shared/store.ts";
import { LedgerSums } from "../shared/sums.ts";
import type { RedisConnection } from "./connection.ts";
import { redisScript } from "./script.ts";

/** KEYS: days, then each row's day; ARGV: each row's day, id and text. */
const PUT = redisScript(`
  for i = 2, #KEYS do
    local at = 3 * (i - 2)
    redis.call('SADD', KEYS[1], ARGV[at + 1])
    redis.call('HSETNX', KEYS[i], ARGV[at + 2], ARGV[at + 3])
  end
  return 1`);

const DAYS = "ledger";
const DAY_MS = 86_400_000;
/** Rows read at once. */
const PAGE = 1000;

const page = z.tuple([z.string(), z.array(z.string())]);

export class RedisRows implements RowStore {
  readonly #link: Link<RedisConnection>;

  constructor(link: Link<RedisConnection>) {
    this.#link = link;
  }

  async put(rows: readonly LedgerRow[]): Promise<void> {
    const days = rows.map(({ at }) => new Date(at).toISOString().slice(0, 10));
    const args = rows.flatMap((row, i) => [days[i] ?? "", row.id, JSON.stringify(row)]);
    await this.#link.ask("writing the ledger", (redis) => redis.run(PUT, [DAYS, ...days.map(dayKey)], args));
  }

  async sums(by: readonly LedgerKey[], since: number, until: number): Promise<LedgerSum[]> {
    const sums = new LedgerSums(by);
    const days = await this.#link.ask("reading the ledger", async (redis) =>
      z.array(z.string()).parse(await redis.client.send("SMEMBERS", [redis.key(DAYS)])),
    );
    for (const day of days) {
      const start = Date.parse(day);
      if (start + DAY_MS <= since || start >= until) continue;
      for await (const row of this.#rowsOf(day)) if (row.at >= since && row.at < until) sums.add(row);
    }
    return sums.all();
  }

  /** HSCAN may give a row twice. */
  async *#rowsOf(day: string): AsyncGenerator<LedgerRow> {
    const seen = new Set<string>();
    for (let cursor = "0", first = true; first || cursor !== "0"; first = false) {
      const [next, fields] = await this.#link.ask("reading the ledger", async (redis) =>
        page.parse(await redis.client.send("HSCAN", [redis.key(dayKey(day)), cursor, "COUNT", String(PAGE)])),
      );
      cursor = next;
      for (let i = 1; i < fields.length; i += 2) {
        const row = parseRow(fields[i] ?? "");
        if (row === undefined || seen.has(row.id)) continue;
        seen.add(row.id);
        yield row;
      }
    }
  }
}

const dayKey = (day: string) => `ledger:${day}`;
