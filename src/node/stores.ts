// Where nonces, callers' limits and the ledger are kept: under the home, or in a store that several nodes share.
import { CallerLimits } from "../auth/caller-limits.ts";
import { SharedLimits } from "../auth/shared-limits.ts";
import type { Config } from "../config/schema.ts";
import type { CallerLimiter } from "../core/auth.ts";
import type { Clock } from "../core/clock.ts";
import type { Ledger } from "../core/ledger.ts";
import type { LimitsConfig } from "../core/limits.ts";
import type { Log } from "../core/log.ts";
import type { SharedRows } from "../core/shared.ts";
import { replayWindowMs } from "../networks/config.ts";
import type { FormerNonces } from "../store/database.ts";
import { LedgerJournal } from "../store/ledger/journal.ts";
import { MappedReplayGuard } from "../store/nonces/replay-guard.ts";
import { openSharedStore } from "../store/shared/index.ts";
import { Outbox } from "../store/shared/outbox.ts";
import type { PurgingGuard, SharedStore } from "../store/shared/store.ts";

export interface StoresOptions {
  readonly config: Config;
  readonly home: string;
  /** Where the node's processes count together. */
  readonly rows: SharedRows;
  /** 0 is the node itself, 1 and up are its workers. */
  readonly process: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Stores {
  readonly replay: PurgingGuard;
  /** Takes over what was used before, when the home is of an older fxn. */
  readonly former: FormerNonces;
  readonly limits: CallerLimiter & {
    spend(caller: string, tokens: number): void;
    /** From now on; what callers have had so far still counts. */
    limitTo(limits: LimitsConfig): void;
  };
  readonly ledger: Ledger;
  /** Why callers are refused; empty when they need not be. */
  trouble(): string[];
  close(): void;
}

/** Throws StoreError when the home cannot be used; a shared store that is down is waited for. */
export function openStores(options: StoresOptions): Stores {
  const { config, home, rows, clock } = options;
  const shared = openShared(options.config, clock, options.log);
  if (shared) return sharedStores(shared, options);
  const { maxPerCaller } = config.nonceCache;
  const replay = new MappedReplayGuard(home, { clock, keepMs: keepMs(config), maxPerScope: maxPerCaller });
  const ledger = new LedgerJournal(home, clock);
  return {
    replay,
    former: replay,
    limits: new CallerLimits(config.limits, rows),
    ledger,
    trouble: () => [],
    close() {
      ledger.close();
      replay.close();
    },
  };
}

/** undefined: the configuration names none. */
export function openShared(config: Config, clock: Clock, log: Log): SharedStore | undefined {
  const { url, timeout, prefix } = config.store;
  if (url === undefined) return undefined;
  const { limits, nonceCache } = config;
  return openSharedStore({
    ...{ url, timeout, prefix, limits, clock, log },
    keepMs: keepMs(config),
    maxPerScope: nonceCache.maxPerCaller,
  });
}

function sharedStores(store: SharedStore, { config, home, rows, process, clock, log }: StoresOptions): Stores {
  const outbox = new Outbox({
    home,
    process,
    // The node itself delivers what the workers of an earlier run have left, when there are fewer of them now.
    owns: (other) => other === process || (process === 0 && other >= rows.processes),
    store: store.rows,
    clock,
    log,
  });
  return {
    replay: store.replay,
    // Who changes to a shared store leaves the nonces of the last minutes behind.
    former: { claim: () => undefined, refuseUpTo() {} },
    limits: new SharedLimits(config.limits, { store: store.limits, clock, log }),
    ledger: outbox,
    trouble: () => [store.trouble() ?? []].flat(),
    close() {
      outbox.close();
      store.close();
    },
  };
}

/** Milliseconds for which nonces are kept. */
export function keepMs(config: Config): number {
  return Math.max(config.nonceCache.ttl, 2 * replayWindowMs(config));
}
