// Which callers have a table of their key: those who call again and again, within a bound of memory. A table is built
// between other work, in small steps, one caller after the other, so that a flood of new callers holds up nobody.
import type { Address } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import type { KeyTables, Signatory } from "./tier.ts";

export interface KnownCallersPorts {
  readonly tables: KeyTables;
  /** Calls it when other work has had its turn: setImmediate. */
  readonly later: (work: () => void) => void;
  readonly clock: Clock;
  /** Of all tables together. */
  readonly memoryBytes: number;
}

interface Known {
  readonly table: number;
  usedAt: number;
}

/** Who called once, and has no table yet. */
const MOST_SEEN = 4096;
const MOST_WAITING = 64;
/** A table that was used this lately is not given to another: with more active callers than tables, none would last. */
const KEPT_MS = 60_000;

export class KnownCallers {
  readonly #ports: KnownCallersPorts;
  /** Least recently used first. */
  readonly #known = new Map<Address, Known>();
  /** Oldest first. */
  readonly #seen = new Set<Address>();
  readonly #waiting = new Map<Address, Uint8Array>();
  #room: number;
  #building = false;

  constructor(ports: KnownCallersPorts) {
    this.#ports = ports;
    this.#room = Math.floor(ports.memoryBytes / ports.tables.bytes);
  }

  /** The caller's table, which counts as used; undefined when there is none, or not yet a whole one. */
  tableOf(address: Address): number | undefined {
    const known = this.#known.get(address);
    if (!known) return undefined;
    known.usedAt = this.#ports.clock.monotonic();
    this.#known.delete(address);
    this.#known.set(address, known);
    return known.table;
  }

  /** Whoever has signed twice gets a table, when one can be had. @param signer who has none, and has just signed */
  signed({ address, publicKey }: Signatory): void {
    if (this.#waiting.has(address)) return;
    if (!this.#seen.delete(address) || this.#waiting.size === MOST_WAITING) {
      this.#remember(address);
      return;
    }
    this.#waiting.set(address, publicKey);
    if (!this.#building) this.#buildNext();
  }

  #remember(address: Address): void {
    this.#seen.add(address);
    if (this.#seen.size <= MOST_SEEN) return;
    const oldest = this.#seen.values().next().value;
    if (oldest) this.#seen.delete(oldest);
  }

  /** Until nobody waits any more. */
  #buildNext(): void {
    const next = this.#waiting.entries().next().value;
    this.#building = next !== undefined;
    if (!next) return;
    const [address, publicKey] = next;
    const table = this.#freeTable();
    if (table === undefined) {
      // Whoever is still there when one falls free will have asked again.
      this.#waiting.clear();
      this.#building = false;
      return;
    }
    const { tables, later, clock } = this.#ports;
    tables.begin(table, publicKey);
    const step = () => {
      if (tables.step(table)) {
        later(step);
        return;
      }
      this.#waiting.delete(address);
      this.#known.set(address, { table, usedAt: clock.monotonic() });
      this.#buildNext();
    };
    later(step);
  }

  #freeTable(): number | undefined {
    if (this.#room > 0) {
      this.#room--;
      const made = this.#ports.tables.create();
      if (made !== undefined) return made;
      this.#room = 0;
    }
    const oldest = this.#known.entries().next().value;
    if (!oldest || this.#ports.clock.monotonic() - oldest[1].usedAt < KEPT_MS) return undefined;
    this.#known.delete(oldest[0]);
    return oldest[1].table;
  }
}
