// Limits of callers in Postgres: the buckets of src/auth/caller-limits.ts on the server's clock, and places that expire.
import { z } from "zod";
import { type LimitStore, type LimitsConfig, PLACE_MS, type Taken } from "../../core/limits.ts";
import type { Link } from "../shared/link.ts";
import type { SharedOptions } from "../shared/store.ts";
import type { PostgresConnection } from "./connection.ts";

/**
 * A bucket is the time, in microseconds, at which it would be full again; its row is the caller's lock. A full one says
 * what none says, and may be deleted at any moment, so one that is gone before it is locked is made again.
 */
export const TAKE_FUNCTIONS = `
  CREATE OR REPLACE FUNCTION fxn_take(who text, requests bigint, tokens bigint, most bigint, name text, hold double precision)
    RETURNS TABLE (stands text, seconds double precision) LANGUAGE plpgsql AS $$
  DECLARE
    minute CONSTANT double precision := 60000000;
    now double precision; bucket record; next double precision;
  BEGIN
    LOOP
      INSERT INTO fxn_buckets VALUES (who, 0, 0) ON CONFLICT DO NOTHING;
      SELECT * INTO bucket FROM fxn_buckets WHERE caller = who FOR UPDATE;
      EXIT WHEN FOUND;
    END LOOP;
    now := extract(epoch FROM clock_timestamp()) * 1000000;
    IF most > 0 THEN
      DELETE FROM fxn_places WHERE caller = who AND until <= clock_timestamp();
      IF (SELECT count(*) FROM fxn_places WHERE caller = who) >= most THEN
        RETURN QUERY SELECT 'concurrent', 1::double precision; RETURN;
      END IF;
    END IF;
    IF tokens > 0 AND bucket.tokens_full - now - minute >= 0 THEN
      RETURN QUERY SELECT 'tokens', (bucket.tokens_full - now - minute + minute / tokens) / 1000000; RETURN;
    END IF;
    IF requests > 0 THEN
      next := greatest(now, bucket.requests_full) + minute / requests;
      IF next - now - minute > 1 THEN
        RETURN QUERY SELECT 'requests', (next - now - minute) / 1000000; RETURN;
      END IF;
      UPDATE fxn_buckets SET requests_full = floor(next) WHERE caller = who;
    END IF;
    IF most > 0 THEN
      INSERT INTO fxn_places VALUES (who, name, clock_timestamp() + hold * interval '1 millisecond');
    END IF;
  END $$;`;

/** What limits nobody any more; what somebody holds just now is left for the next time. */
const PURGE = `
  WITH full_again AS (
    SELECT caller FROM fxn_buckets
    WHERE greatest(requests_full, tokens_full) <= extract(epoch FROM clock_timestamp()) * 1000000
    LIMIT $1 FOR UPDATE SKIP LOCKED
  ), expired AS (
    SELECT caller, place FROM fxn_places WHERE until <= clock_timestamp() LIMIT $1 FOR UPDATE SKIP LOCKED
  ), buckets AS (
    DELETE FROM fxn_buckets b USING full_again f WHERE b.caller = f.caller RETURNING 1
  ), places AS (
    DELETE FROM fxn_places p USING expired e WHERE p.caller = e.caller AND p.place = e.place RETURNING 1
  ) SELECT greatest((SELECT count(*) FROM buckets), (SELECT count(*) FROM places)) AS gone`;
/** Rows of each table deleted at once. */
const SLICE = 1000;

const purged = z.object({ gone: z.coerce.number() });
const taken = z.object({ stands: z.enum(["requests", "tokens", "concurrent"]), seconds: z.number() });
const nothing = z.unknown();

export class PostgresLimits implements LimitStore {
  readonly #link: Link<PostgresConnection>;
  #limits: LimitsConfig;

  constructor(link: Link<PostgresConnection>, { limits }: Pick<SharedOptions, "limits">) {
    this.#link = link;
    this.#limits = limits;
  }

  limitTo(limits: LimitsConfig): void {
    this.#limits = limits;
  }

  async take(caller: string, place: string): Promise<Taken> {
    const { requestsPerMinute, tokensPerMinute, concurrent } = this.#limits;
    const values = [caller, requestsPerMinute, tokensPerMinute, concurrent, place, PLACE_MS];
    const [refused] = await this.#link.ask("asking for a caller's limits", (postgres) =>
      postgres.rows("SELECT * FROM fxn_take($1, $2, $3, $4, $5, $6)", taken, values),
    );
    return refused ? { limit: refused.stands, seconds: refused.seconds } : {};
  }

  async renew(held: readonly { readonly caller: string; readonly place: string }[]): Promise<void> {
    const text = `UPDATE fxn_places p SET until = clock_timestamp() + $2 * interval '1 millisecond'
      FROM json_to_recordset($1::text::json) AS h(caller text, place text)
      WHERE p.caller = h.caller AND p.place = h.place`;
    await this.#link.ask("holding callers' places", (postgres) =>
      postgres.rows(text, nothing, [JSON.stringify(held), PLACE_MS]),
    );
  }

  async release(caller: string, place: string): Promise<void> {
    await this.#link.ask("giving a caller's place back", (postgres) =>
      postgres.rows("DELETE FROM fxn_places WHERE caller = $1 AND place = $2", nothing, [caller, place]),
    );
  }

  async spend(caller: string, tokens: number): Promise<void> {
    const text = `INSERT INTO fxn_buckets AS b VALUES ($1, 0, extract(epoch FROM clock_timestamp()) * 1000000 + $2)
      ON CONFLICT (caller) DO UPDATE
      SET tokens_full = greatest(b.tokens_full, extract(epoch FROM clock_timestamp()) * 1000000) + $2`;
    const cost = Math.ceil((tokens * 60_000_000) / this.#limits.tokensPerMinute);
    await this.#link.ask("counting a caller's tokens", (postgres) => postgres.rows(text, nothing, [caller, cost]));
  }

  /** Resolves with whether there may be more. */
  async purge(): Promise<boolean> {
    const [row] = await this.#link.ask("deleting old limits", (postgres) => postgres.rows(PURGE, purged, [SLICE]));
    return row?.gone === SLICE;
  }
}
