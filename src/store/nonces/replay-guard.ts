// Which nonces were used, known to all processes of a node at once and after any crash: hashes in mapped files.
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import type { Claim, ReplayGuard } from "../../core/replay.ts";
import { guarded } from "../errors.ts";
import { CallerCounts } from "./caller-counts.ts";
import { NoncesHeader } from "./header.ts";
import { type NonceHash, NonceSet } from "./nonce-set.ts";
import { CAN_MAP } from "./shared-words.ts";

export interface ReplayGuardOptions {
  readonly clock: Clock;
  /** Milliseconds that a nonce is kept after its signed time at least; twice the accepted clock skew or more. */
  readonly keepMs: number;
  readonly maxPerScope: number;
  /** Default: wherever the system can. */
  readonly mapping?: boolean;
}

export const NONCES_FOLDER = "fxn.nonces";

/** Nonces are forgotten by epochs of their signed time, some of which are alive together. */
const EPOCHS_KEPT = 8;
const LONGEST_EPOCH_MS = 120_000;
const MOST_CALLERS = 16_384;
/** How soon an epoch that another process began is counted in here. */
const LOOK_MS = 1000;

interface Epoch {
  /** Of its folder. With other settings epochs had another length: they go on counting until they are deleted. */
  readonly name: string;
  /** Milliseconds of signed time: the first, and the first of the next. */
  readonly from: number;
  readonly to: number;
  readonly nonces: NonceSet;
  readonly counts: CallerCounts;
}

export class MappedReplayGuard implements ReplayGuard {
  readonly #folder: string;
  readonly #options: ReplayGuardOptions;
  readonly #mapping: boolean;
  readonly #header: NoncesHeader;
  readonly #epochMs: number;
  /** Hashes of scopes. */
  readonly #callers = new Map<string, bigint>();
  readonly #epochs = new Map<string, Epoch>();
  #current: Epoch | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** Throws StoreError. */
  constructor(home: string, options: ReplayGuardOptions) {
    this.#folder = join(home, NONCES_FOLDER);
    this.#options = options;
    this.#mapping = options.mapping ?? CAN_MAP;
    this.#epochMs = Math.max(1, Math.min(LONGEST_EPOCH_MS, Math.ceil(options.keepMs / EPOCHS_KEPT)));
    this.#header = guarded("opening nonces", () => {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      return new NoncesHeader(this.#folder, this.#mapping);
    });
    guarded("opening nonces", () => this.#look());
  }

  claim(scope: string, nonce: string, at: number): Claim {
    const header = this.#header;
    if (at <= header.floor) return "outside-window";
    return guarded("claiming a nonce", () => {
      const epoch = this.#epochOf(at);
      const caller = this.#callerOf(scope);
      // A space stands in no nonce: no other scope and nonce make the same text.
      const hash = nonceHash(`${scope} ${nonce}`, header.seed);
      // Signed anew with another time it is another message, but a nonce is for one use.
      for (const other of this.#epochs.values()) if (other !== epoch && other.nonces.has(hash)) return "replayed";
      // Counted first, so that no two processes take the last place.
      if (!epoch.counts.add(scope, caller, 1)) return "full";
      let taken = false;
      try {
        if (this.#holdsTooMany(scope, caller)) return epoch.nonces.has(hash) ? "replayed" : "full";
        taken = epoch.nonces.add(hash);
        return taken ? "fresh" : "replayed";
      } finally {
        if (!taken) epoch.counts.add(scope, caller, -1);
      }
    });
  }

  /** Nothing that was signed at or before this is fresh. */
  refuseUpTo(at: number): void {
    this.#header.raiseFloor(at);
  }

  /** Forgets all that has left every window: by the node alone, since a floor must be raised before anything is deleted. */
  purge(): false {
    guarded("deleting old nonces", () => {
      this.#look();
      const cutoff = this.#options.clock.now() - this.#options.keepMs;
      for (const epoch of [...this.#epochs.values()]) {
        if (epoch.to > cutoff) continue;
        // To its very end: another process may still hold it, and let in what it could not remember.
        this.#header.raiseFloor(epoch.to - 1);
        // Out of the way in one step: half of an epoch must not be found.
        const gone = join(this.#folder, `gone-${epoch.name}`);
        renameSync(join(this.#folder, epoch.name), gone);
        this.#drop(epoch);
      }
      // Also what a node that was killed left behind.
      for (const name of readdirSync(this.#folder)) {
        if (name.startsWith("gone-")) rmSync(join(this.#folder, name), { recursive: true, force: true });
      }
    });
    return false;
  }

  close(): void {
    for (const epoch of [...this.#epochs.values()]) this.#drop(epoch);
    this.#header.close();
  }

  #epochOf(at: number): Epoch {
    const current = this.#current;
    if (current && at >= current.from && at < current.to) {
      if (this.#options.clock.monotonic() - this.#lookedAt > LOOK_MS) this.#look();
      return current;
    }
    const from = Math.floor(at / this.#epochMs) * this.#epochMs;
    const epoch = this.#open(from, this.#epochMs);
    this.#current = epoch;
    return epoch;
  }

  #holdsTooMany(scope: string, caller: bigint): boolean {
    const { maxPerScope } = this.#options;
    let all = 0;
    for (const { counts } of this.#epochs.values()) all += counts.total;
    if (all <= maxPerScope) return false;
    let own = 0;
    for (const { counts } of this.#epochs.values()) own += counts.of(scope, caller);
    return own > maxPerScope;
  }

  #callerOf(scope: string): bigint {
    const known = this.#callers.get(scope);
    if (known !== undefined) return known;
    if (this.#callers.size >= MOST_CALLERS) this.#callers.clear();
    const hash = hashOf(scope, this.#header.seed);
    this.#callers.set(scope, hash);
    return hash;
  }

  #open(from: number, length: number): Epoch {
    const name = `${from}-${length}`;
    const known = this.#epochs.get(name);
    if (known) return known;
    const folder = join(this.#folder, name);
    const busiest = Math.max(0, ...[...this.#epochs.values()].map(({ counts }) => counts.total));
    const epoch = {
      name,
      from,
      to: from + length,
      nonces: new NonceSet(folder, busiest, this.#mapping),
      counts: new CallerCounts(folder, this.#mapping),
    };
    this.#epochs.set(name, epoch);
    return epoch;
  }

  /** Opens the epochs that are there and lets go of those that are not. */
  #look(): void {
    this.#lookedAt = this.#options.clock.monotonic();
    const there = new Set<string>();
    for (const name of readdirSync(this.#folder)) {
      const [, from, length] = /^(-?\d+)-(\d+)$/.exec(name) ?? [];
      if (from === undefined) continue;
      there.add(name);
      this.#open(Number(from), Number(length));
    }
    for (const epoch of [...this.#epochs.values()]) if (!there.has(epoch.name)) this.#drop(epoch);
  }

  #drop(epoch: Epoch): void {
    this.#epochs.delete(epoch.name);
    if (this.#current === epoch) this.#current = undefined;
    epoch.nonces.close();
    epoch.counts.close();
  }
}

/** That among a million nonces any two fall together has a chance of one in 37 million; one request is then refused. */
function nonceHash(text: string, seed: bigint): NonceHash {
  const hash = hashOf(text, seed);
  return { whole: hash, low: Number(BigInt.asIntN(32, hash)), high: Number(BigInt.asUintN(32, hash >> 32n)) };
}

/** 64 bits, whose lower half is not 0. */
function hashOf(text: string, seed: bigint): bigint {
  const hash = BigInt.asIntN(64, Bun.hash.wyhash(text, seed));
  return BigInt.asIntN(32, hash) === 0n ? hash + 1n : hash;
}
