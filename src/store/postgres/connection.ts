// A few connections to Postgres, whose tables are brought to the current schema when they are opened.
import type { SQL } from "bun";
import { z } from "zod";
import type { SharedOptions, StoreKind } from "../shared/store.ts";
import { migrate } from "./migrations.ts";

/** Claims, limits, ledger and cleaning do not wait for each other. */
const CONNECTIONS = 4;

export class PostgresConnection {
  readonly #sql: SQL;
  readonly #prefix: string;

  constructor(sql: SQL, prefix: string) {
    this.#sql = sql;
    this.#prefix = prefix;
  }

  /** @param text with `fxn_` before each name of ours, which becomes the prefix; the schema of config lets only [a-z0-9_] in */
  async rows<T extends z.ZodType>(text: string, row: T, values: readonly unknown[] = []): Promise<z.output<T>[]> {
    return z.array(row).parse([...(await this.#sql.unsafe(named(text, this.#prefix), [...values]))]);
  }

  close(): void {
    void this.#sql.close({ timeout: 0 });
  }
}

export const postgresKind: StoreKind<PostgresConnection> = {
  async open({ url, timeout, prefix }: SharedOptions) {
    // Named like this it is loaded now, and not at the start of every node.
    const sql = new Bun.SQL(url, {
      max: CONNECTIONS,
      connectionTimeout: Math.ceil(timeout / 1000),
      // What nobody waits for any more is not worked on either.
      connection: { statement_timeout: String(timeout), application_name: "fxn" },
    });
    try {
      await migrate(sql, (text) => named(text, prefix));
      return new PostgresConnection(sql, prefix);
    } catch (error) {
      void sql.close({ timeout: 0 });
      throw error;
    }
  },
  async check(connection) {
    // A write: what is read-only or full answers everything else.
    await connection.rows("UPDATE fxn_state SET floor = floor", z.unknown());
  },
  close: (connection) => connection.close(),
};

function named(text: string, prefix: string): string {
  return text.replaceAll("fxn_", `${prefix}_`);
}
