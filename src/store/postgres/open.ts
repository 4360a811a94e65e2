// A shared store in Postgres.
import { Link } from "../shared/link.ts";
import type { SharedOptions, SharedStore } from "../shared/store.ts";
import { postgresKind } from "./connection.ts";
import { PostgresRows } from "./ledger.ts";
import { PostgresLimits } from "./limits.ts";
import { PostgresNonces } from "./nonces.ts";

export function openPostgres(options: SharedOptions): SharedStore {
  const link = new Link(postgresKind, options);
  const nonces = new PostgresNonces(link, options);
  const limits = new PostgresLimits(link, options);
  return {
    replay: {
      claim: (scope, nonce, at) => nonces.claim(scope, nonce, at),
      async purge() {
        const more = [await nonces.purge(), await limits.purge()];
        return more.includes(true);
      },
    },
    limits,
    rows: new PostgresRows(link),
    trouble: () => link.trouble(),
    close: () => link.close(),
  };
}
