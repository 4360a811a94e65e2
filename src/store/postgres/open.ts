// A shared store in Postgres.
import { Link } from "../shared/link.ts";
import type { SharedOptions, SharedStore } from "../shared/store.ts";
import { postgresKind } from "./connection.ts";
import { PostgresRows } from "./ledger.ts";
import { PostgresLimits } from "./limits.ts";
import { PostgresNonces } from "./nonces.ts";

export function openPostgres(options: SharedOptions): SharedStore {
  const link = new Link(postgresKind, options);
  return {
    replay: new PostgresNonces(link, options),
    limits: new PostgresLimits(link, options),
    rows: new PostgresRows(link),
    trouble: () => link.trouble(),
    close: () => link.close(),
  };
}
