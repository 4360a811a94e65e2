// Counters shared by the processes of one node: rows of words in a mapped file, found by name, changed by atomic steps.
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";
import type { Clock } from "../core/clock.ts";
import { FxnError, messageOf } from "../core/errors.ts";
import type { SharedRow, SharedRows, SharedWord } from "../core/shared.ts";

export class SharedRowsError extends FxnError<"shared_memory" | "shared_memory_full"> {}

/** Callers, model servers and models of one node; a registry of so many gateways is far away. */
const ROWS = 32_768;
const WORD = 8;
/** The name's hash and two words; then the counter's total and each process's part of it, as halves of words. */
const FIXED_WORDS = 3;
const TOTAL = 2 * FIXED_WORDS;

export interface SharedRowsOptions {
  /** The file; undefined for memory of this process alone. */
  readonly path: string | undefined;
  /** How many processes there are at most, and which of them this is: 0 is the node itself. */
  readonly processes: number;
  readonly process: number;
  readonly clock: Clock;
  /** Milliseconds for which the node had been running when this was opened. */
  readonly elapsedMs: number;
}

export class MappedRows implements SharedRows {
  readonly processes: number;
  readonly #process: number;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #words: BigInt64Array;
  readonly #halves: Int32Array;
  readonly #rowWords: number;
  readonly #known = new Map<string, SharedRow>();

  /** Throws SharedRowsError. */
  constructor({ path, processes, process, clock, elapsedMs }: SharedRowsOptions) {
    this.processes = processes;
    this.#process = process;
    this.#clock = clock;
    this.#startedAt = clock.monotonic() - elapsedMs;
    this.#rowWords = FIXED_WORDS + Math.ceil((1 + processes) / 2);
    const bytes = (1 + ROWS * this.#rowWords) * WORD;
    const memory = path === undefined ? new ArrayBuffer(bytes) : mapped(path, bytes);
    this.#words = new BigInt64Array(memory, 0, bytes / WORD);
    this.#halves = new Int32Array(memory, 0, (bytes / WORD) * 2);
    // The first word is the seed of names' hashes: nobody outside can choose names that collide.
    Atomics.compareExchange(this.#words, 0, 0n, randomWord());
  }

  elapsed(): number {
    return this.#clock.monotonic() - this.#startedAt;
  }

  /** Throws SharedRowsError when there are too many names. */
  row(name: string): SharedRow {
    const known = this.#known.get(name);
    if (known) return known;
    const row = this.#open(this.#find(name));
    this.#known.set(name, row);
    return row;
  }

  /** A process has died: what it counted is no more. */
  forget(process: number): void {
    for (let at = 1; at < this.#words.length; at += this.#rowWords) {
      const part = Atomics.exchange(this.#halves, 2 * at + TOTAL + 1 + process, 0);
      if (part !== 0) Atomics.sub(this.#halves, 2 * at + TOTAL, part);
    }
  }

  /** Where the row of that name begins, in words. */
  #find(name: string): number {
    const hash = BigInt.asIntN(64, Bun.hash.wyhash(name, BigInt.asUintN(64, this.#words[0] ?? 0n))) || 1n;
    const first = Number(BigInt.asUintN(32, hash)) % ROWS;
    for (let i = 0; i < ROWS; i++) {
      const at = 1 + ((first + i) % ROWS) * this.#rowWords;
      const owner = Atomics.compareExchange(this.#words, at, 0n, hash);
      if (owner === 0n || owner === hash) return at;
    }
    throw new SharedRowsError("shared_memory_full", 503, `more than ${ROWS} callers, model servers and models`);
  }

  #open(at: number): SharedRow {
    const halves = this.#halves;
    const total = 2 * at + TOTAL;
    const own = total + 1 + this.#process;
    return {
      words: [this.#word(at + 1), this.#word(at + 2)],
      counter: {
        total: () => Atomics.load(halves, total),
        enter(most) {
          // Its part first: dying between the two steps must not leave a place taken for ever.
          Atomics.add(halves, own, 1);
          for (;;) {
            const now = Atomics.load(halves, total);
            if (now >= most) break;
            if (Atomics.compareExchange(halves, total, now, now + 1) === now) return true;
          }
          Atomics.sub(halves, own, 1);
          return false;
        },
        leave() {
          Atomics.sub(halves, total, 1);
          Atomics.sub(halves, own, 1);
        },
      },
    };
  }

  #word(at: number): SharedWord {
    const words = this.#words;
    return {
      update(change) {
        for (;;) {
          const now = Atomics.load(words, at);
          const next = change(now);
          if (next === undefined) return now;
          if (Atomics.compareExchange(words, at, now, next) === now) return next;
        }
      },
    };
  }
}

/** For one process: nothing is shared. */
export function ownRows(clock: Clock): MappedRows {
  return new MappedRows({ path: undefined, processes: 1, process: 0, clock, elapsedMs: 0 });
}

/** An empty file of that size takes the place of an older one. The whole of it is written: a full disk is found out now. */
export function createRowsFile(path: string, processes: number): void {
  const bytes = (1 + ROWS * (FIXED_WORDS + Math.ceil((1 + processes) / 2))) * WORD;
  try {
    rmSync(path, { force: true });
    const file = openSync(path, "wx", 0o600);
    try {
      ftruncateSync(file, bytes);
      writeSync(file, new Uint8Array(bytes));
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new SharedRowsError("shared_memory", 500, `${path} cannot be made: ${messageOf(cause)}`, { cause });
  }
}

function mapped(path: string, bytes: number): ArrayBufferLike {
  try {
    const memory = Bun.mmap(path, { shared: true });
    if (memory.length !== bytes) throw new Error(`it has ${memory.length} bytes, not ${bytes}`);
    return memory.buffer;
  } catch (cause) {
    throw new SharedRowsError("shared_memory", 500, `${path} cannot be mapped: ${messageOf(cause)}`, { cause });
  }
}

function randomWord(): bigint {
  return crypto.getRandomValues(new BigInt64Array(1))[0] || 1n;
}
