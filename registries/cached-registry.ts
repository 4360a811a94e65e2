// A registry read from the chain again and again: the last good read serves until it is too old, over a restart too.
import { z } from "zod";
import { address } from "../src/config/fields.ts";
import type { Address } from "../src/core/address.ts";
import { type Clock, sleep } from "../src/core/clock.ts";
import { messageOf } from "../src/core/errors.ts";
import type { Log } from "../src/core/log.ts";
import type { Registry, RegistryState, SnapshotStore } from "../src/core/registry.ts";
import type { RegistryMetrics } from "../src/observe/metrics/registry.ts";

export interface Reading<V> {
  /** Every entry was read at this block. */
  readonly block: bigint;
  readonly entries: ReadonlyMap<Address, V>;
  /** Entries of the chain that were left out. */
  readonly ignored: number;
}

export interface CachedRegistryOptions<V> {
  readonly name: string;
  /** Where the last read is kept; it names chain and contract too, so that another network's is never served. */
  readonly snapshotKey: string;
  /** Milliseconds. */
  readonly pollInterval: number;
  /** Milliseconds. */
  readonly maxStale: number;
  readonly read: () => Promise<Reading<V>>;
  /** The entries' shape; plain JSON, for the snapshot. */
  readonly value: z.ZodType<V>;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly snapshots: SnapshotStore;
  readonly log: Log;
  readonly metrics: RegistryMetrics;
  /** Whose knowledge it begins with, instead of the snapshot. */
  readonly former?: CachedRegistry<V> | undefined;
}

const FIRST_RETRY_MS = 1000;
const MIN_INTERVAL_MS = 100;
const JITTER = 0.1;

type Condition = "unread" | "fresh" | "failing" | "stale";

export class CachedRegistry<V> implements Registry<V> {
  readonly name: string;
  readonly #options: CachedRegistryOptions<V>;
  #entries: ReadonlyMap<Address, V> = new Map();
  #block: bigint | undefined;
  /** On the monotonic clock, so that a jump of the wall clock changes no age; before its start for a snapshot. */
  #readAt: number | undefined;
  #lastError: string | undefined;
  #failures = 0;
  #condition: Condition = "unread";
  #refreshing: Promise<void> | undefined;
  readonly #listeners: (() => void)[] = [];

  constructor(options: CachedRegistryOptions<V>) {
    this.name = options.name;
    this.#options = options;
    if (options.former) this.#takeOver(options.former);
    else this.#restore();
    options.metrics.watch(options.name, () => this.state());
    options.metrics.polledEvery(options.name, options.pollInterval);
  }

  get(address: Address): V | undefined {
    return this.#entries.get(address);
  }

  addresses(): Iterable<Address> {
    return this.#entries.keys();
  }

  /** Called after each read, also after one that failed. */
  onRead(listener: () => void): void {
    this.#listeners.push(listener);
  }

  state(): RegistryState {
    const { clock, maxStale } = this.#options;
    const ageMs = this.#readAt === undefined ? undefined : clock.monotonic() - this.#readAt;
    const stale = ageMs === undefined || ageMs > maxStale;
    return { size: this.#entries.size, ageMs, block: this.#block, stale, lastError: this.#lastError };
  }

  /** Reads until the signal aborts: at once, then at each interval, sooner after a failure. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.refresh(signal);
      await sleep(this.#options.clock, this.#delay(), signal);
    }
  }

  /** One read; calls at the same time share it. It never rejects: state() says how it went. */
  refresh(signal?: AbortSignal): Promise<void> {
    this.#refreshing ??= this.#poll(signal).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #poll(signal: AbortSignal | undefined): Promise<void> {
    const { clock, metrics, read } = this.#options;
    // The data is as old as the moment before it was asked for.
    const [at, savedAt] = [clock.monotonic(), clock.now()];
    try {
      const { block, entries, ignored } = await read();
      this.#refuseOlder(block);
      this.#entries = entries;
      this.#block = block;
      this.#readAt = at;
      this.#lastError = undefined;
      this.#failures = 0;
      metrics.ignored(this.name, ignored);
      metrics.polled(this.name, "ok");
      this.#save(savedAt, block, entries);
    } catch (error) {
      if (signal?.aborted) return;
      this.#lastError = messageOf(error);
      this.#failures += 1;
      metrics.polled(this.name, "error");
    }
    this.#report();
    for (const listener of this.#listeners) listener();
  }

  /**
   * An RPC that lags behind must not bring back who was removed since; once the last read is too old to serve, the chain
   * may have been set back, and what it says now counts.
   */
  #refuseOlder(block: bigint): void {
    if (this.#block === undefined || block >= this.#block || this.state().stale) return;
    throw new Error(`the RPC is at block ${block}, behind the last read at ${this.#block}`);
  }

  #delay(): number {
    const { pollInterval, random } = this.#options;
    const retry = this.#failures === 0 ? pollInterval : FIRST_RETRY_MS * 2 ** (this.#failures - 1);
    return Math.max(MIN_INTERVAL_MS, Math.min(retry, pollInterval)) * (1 + JITTER * (2 * random() - 1));
  }

  /** Only a change is worth a line. */
  #report(): void {
    const { log } = this.#options;
    const { size, block, stale, lastError } = this.state();
    const fields = { registry: this.name, entries: size, block: block?.toString(), error: lastError };
    const before = this.#condition;
    this.#condition = lastError === undefined ? "fresh" : stale ? "stale" : "failing";
    if (this.#condition === before) log.debug(fields, "registry polled");
    else if (this.#condition === "fresh") log.info(fields, "registry read");
    else if (this.#condition === "failing") log.warn(fields, "registry could not be read; the last read serves");
    else log.error(fields, "registry could not be read, and no read is recent enough to go by");
  }

  #save(savedAt: number, block: bigint, entries: ReadonlyMap<Address, V>): void {
    const { snapshots, snapshotKey, log } = this.#options;
    try {
      snapshots.save(snapshotKey, { savedAt, block, json: JSON.stringify([...entries]) });
    } catch (error) {
      log.warn({ registry: this.name, error: messageOf(error) }, "registry snapshot could not be saved");
    }
  }

  #takeOver(former: CachedRegistry<V>): void {
    this.#entries = former.#entries;
    this.#block = former.#block;
    this.#readAt = former.#readAt;
    this.#lastError = former.#lastError;
    this.#condition = former.#condition;
  }

  #restore(): void {
    const { snapshots, snapshotKey, value, clock, log } = this.#options;
    try {
      const snapshot = snapshots.load(snapshotKey);
      if (!snapshot) return;
      const entries = z.array(z.tuple([address, value])).parse(JSON.parse(snapshot.json));
      this.#entries = new Map(entries);
      this.#block = snapshot.block;
      // One from the future means that the clock was or is wrong: as old as it is far away.
      this.#readAt = clock.monotonic() - Math.abs(clock.now() - snapshot.savedAt);
      log.info({ registry: this.name, entries: entries.length }, "registry restored from its snapshot");
    } catch {
      log.warn({ registry: this.name }, "registry snapshot is not readable and was ignored");
    }
  }
}
