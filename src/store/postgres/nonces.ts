// Nonces in Postgres: one function decides, for all claims that came while the last ones were decided.
import { z } from "zod";
import type { Claim } from "../../core/replay.ts";
import type { Link } from "../shared/link.ts";
import type { PurgingGuard, SharedOptions } from "../shared/store.ts";
import type { PostgresConnection } from "./connection.ts";

/**
 * A server that was started anew may be a replica that took over, or a restored one, and lack the newest nonces: from
 * then on what was signed before its start is refused. A caller whose clock is ahead of the server's is not covered as
 * far as it is ahead.
 *
 * The state's row is locked before a scope's, and scopes in one order, so that nodes wait for each other and never in a circle.
 * A scope without nonces goes with its last one; a claim that meets that makes it again, after the floor was raised.
 */
export const CLAIM_FUNCTIONS = `
  CREATE OR REPLACE FUNCTION fxn_now() RETURNS bigint LANGUAGE sql
    AS 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint';
  CREATE OR REPLACE FUNCTION fxn_claim(claims json, most bigint) RETURNS TABLE (i integer, answer text) LANGUAGE plpgsql AS $$
  DECLARE
    one record; oldest bigint; held bigint;
  BEGIN
    UPDATE fxn_state SET floor = greatest(floor, fxn_now()), run = pg_postmaster_start_time()
      WHERE run <> pg_postmaster_start_time();
    FOR one IN SELECT * FROM json_to_recordset(claims) AS c(i integer, scope text, nonce text, at bigint)
      ORDER BY scope COLLATE "C", c.i
    LOOP
      i := one.i;
      LOOP
        INSERT INTO fxn_scopes VALUES (one.scope, 0) ON CONFLICT DO NOTHING;
        SELECT live INTO held FROM fxn_scopes WHERE scope = one.scope FOR UPDATE;
        EXIT WHEN FOUND;
      END LOOP;
      -- After the lock: what was deleted before it is below the floor now.
      SELECT floor INTO STRICT oldest FROM fxn_state;
      IF one.at <= oldest THEN
        DELETE FROM fxn_scopes WHERE scope = one.scope AND live <= 0;
        answer := 'outside-window'; RETURN NEXT; CONTINUE;
      END IF;
      IF held >= most THEN answer := 'full'; RETURN NEXT; CONTINUE; END IF;
      INSERT INTO fxn_nonces VALUES (one.scope, one.nonce, one.at) ON CONFLICT DO NOTHING;
      IF FOUND THEN
        UPDATE fxn_scopes SET live = live + 1 WHERE scope = one.scope;
        answer := 'fresh';
      ELSE
        answer := 'replayed';
      END IF;
      RETURN NEXT;
    END LOOP;
  END $$;
  CREATE OR REPLACE FUNCTION fxn_purge(keep bigint, most integer) RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE
    oldest text; newest bigint; gone bigint;
  BEGIN
    PERFORM 1 FROM fxn_state FOR UPDATE;
    SELECT scope INTO oldest FROM fxn_nonces WHERE at <= fxn_now() - keep ORDER BY at LIMIT 1;
    IF NOT FOUND THEN RETURN 0; END IF;
    PERFORM 1 FROM fxn_scopes WHERE scope = oldest FOR UPDATE;
    WITH old AS (
      SELECT nonce FROM fxn_nonces WHERE scope = oldest AND at <= fxn_now() - keep ORDER BY at LIMIT most
    ), deleted AS (
      DELETE FROM fxn_nonces n USING old WHERE n.scope = oldest AND n.nonce = old.nonce RETURNING n.at
    ) SELECT count(*), max(at) INTO gone, newest FROM deleted;
    UPDATE fxn_scopes SET live = live - gone WHERE scope = oldest;
    DELETE FROM fxn_scopes WHERE scope = oldest AND live <= 0;
    UPDATE fxn_state SET floor = greatest(floor, newest);
    RETURN gone;
  END $$;`;

const answers = z.object({ i: z.int(), answer: z.enum(["fresh", "replayed", "outside-window", "full"]) });
const purged = z.object({ gone: z.coerce.number() });

/** Nonces deleted at once, of one scope: its claims wait meanwhile. */
const SLICE = 1000;
/** Claims decided at once. */
const MOST_TOGETHER = 500;

interface Waiting {
  readonly scope: string;
  readonly nonce: string;
  readonly at: number;
  /** On the monotonic clock. */
  readonly since: number;
  readonly resolve: (claim: Claim) => void;
  readonly reject: (error: unknown) => void;
}

export class PostgresNonces implements PurgingGuard {
  readonly #link: Link<PostgresConnection>;
  readonly #options: SharedOptions;
  #waiting: Waiting[] = [];
  #deciding = false;

  constructor(link: Link<PostgresConnection>, options: SharedOptions) {
    this.#link = link;
    this.#options = options;
  }

  claim(scope: string, nonce: string, at: number): Promise<Claim> {
    return new Promise((resolve, reject) => {
      const since = this.#options.clock.monotonic();
      this.#waiting.push({ scope, nonce, at, since, resolve, reject });
      if (!this.#deciding) void this.#decide();
    });
  }

  async purge(): Promise<boolean> {
    const { keepMs } = this.#options;
    const [row] = await this.#link.ask("deleting old nonces", (postgres) =>
      postgres.rows("SELECT fxn_purge($1, $2) AS gone", purged, [keepMs, SLICE]),
    );
    // Of one scope: another may have some as well.
    return row !== undefined && row.gone > 0;
  }

  async #decide(): Promise<void> {
    this.#deciding = true;
    // What else comes in this turn goes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const claims = this.#waiting.splice(0, MOST_TOGETHER);
      try {
        const decided = await this.#ask(claims);
        claims.forEach(({ resolve, reject }, i) => {
          const claim = decided.get(i);
          if (claim) resolve(claim);
          else reject(new Error("the store left a claim without an answer"));
        });
      } catch (error) {
        for (const { reject } of claims) reject(error);
      }
    }
    this.#deciding = false;
  }

  async #ask(claims: readonly Waiting[]): Promise<Map<number, Claim>> {
    const asked = JSON.stringify(claims.map(({ scope, nonce, at }, i) => ({ i, scope, nonce, at })));
    const rows = await this.#link.ask(
      "claiming a nonce",
      (postgres) =>
        postgres.rows("SELECT * FROM fxn_claim($1::text::json, $2)", answers, [asked, this.#options.maxPerScope]),
      claims[0]?.since,
    );
    return new Map(rows.map(({ i, answer }) => [i, answer]));
  }
}
