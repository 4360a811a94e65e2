// What a store is that several nodes share: nonces, limits and the ledger, all of which may fail to answer.
import type { Clock } from "../../core/clock.ts";
import type { LedgerRow } from "../../core/ledger.ts";
import type { LimitStore, LimitsConfig } from "../../core/limits.ts";
import type { Log } from "../../core/log.ts";
import type { ReplayGuard } from "../../core/replay.ts";
import type { LedgerKey, LedgerSum } from "../ledger/table.ts";

export interface SharedOptions {
  readonly url: string;
  /** Milliseconds after which an answer comes too late. */
  readonly timeout: number;
  /** Of every name in the store; nodes behind one address have the same. */
  readonly prefix: string;
  /** Milliseconds that a nonce is kept after its signed time; at least twice the accepted clock skew. */
  readonly keepMs: number;
  readonly maxPerScope: number;
  readonly limits: LimitsConfig;
  readonly clock: Clock;
  readonly log: Log;
}

/** Deletes some of what has left every window; resolves with whether there may be more. */
export interface PurgingGuard extends ReplayGuard {
  purge(): boolean | Promise<boolean>;
}

/** Every method throws StoreError store_unavailable when there is no answer in time. */
export interface SharedStore {
  readonly replay: PurgingGuard;
  readonly limits: LimitStore;
  readonly rows: RowStore;
  /** Why it cannot be used, in the operator's words; undefined when it answers. */
  trouble(): string | undefined;
  close(): void;
}

export interface RowStore {
  /** Durable when it resolves; a row whose id is there already is left as it is. */
  put(rows: readonly LedgerRow[]): Promise<void>;
  /** Sums of the rows of [since, until), in milliseconds; the greatest keys first. */
  sums(by: readonly LedgerKey[], since: number, until: number): Promise<LedgerSum[]>;
}

/** How one kind of server is spoken to over one connection. */
export interface StoreKind<Connection> {
  /** Connects and makes the store ready to be used. Throws what the server or the network says. */
  open(options: SharedOptions): Promise<Connection>;
  /** Throws when it could not be used just now. */
  check(connection: Connection): Promise<void>;
  close(connection: Connection): void;
}
