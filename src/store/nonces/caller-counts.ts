// How many nonces each caller has in one epoch, counted by all processes together.
import { join } from "node:path";
import { type SharedWords, shareWords } from "./shared-words.ts";

/** Callers of one epoch; 256 KB, of which those pages take memory that are used. */
const CALLERS = 16_384;
/** The caller's hash, and a word whose lower half is its count. */
const WORDS = 2;
/** The first word is the count of all, the second the newest signed time. */
const AT = { total: 0, newest: 1 } as const;
const FIRST = 2;

export class CallerCounts {
  readonly #shared: SharedWords;
  /** Lower halves of words, at twice their index. */
  readonly #halves: Int32Array;
  readonly #places = new Map<string, number>();

  constructor(folder: string, mapping: boolean) {
    this.#shared = shareWords(join(folder, "callers"), FIRST + CALLERS * WORDS, mapping);
    const { buffer, byteOffset, length } = this.#shared.words;
    this.#halves = new Int32Array(buffer, byteOffset, 2 * length);
  }

  get total(): number {
    return Atomics.load(this.#halves, 2 * AT.total);
  }

  /** The newest signed time that was seen, in milliseconds; 0 for none. */
  get newest(): number {
    return Number(Atomics.load(this.#shared.words, AT.newest));
  }

  sees(at: number): void {
    const { words, changed } = this.#shared;
    const time = BigInt(at);
    for (let now = Atomics.load(words, AT.newest); now < time; ) {
      const before = Atomics.compareExchange(words, AT.newest, now, time);
      if (before === now) changed(AT.newest);
      now = before;
    }
  }

  /** @param hash of the caller's name, for when it is not found yet */
  of(caller: string, hash: bigint): number {
    const at = this.#find(caller, hash, false);
    return at === undefined ? 0 : Atomics.load(this.#halves, 2 * (at + 1));
  }

  /** One more, or by -1 one less; false when there are more callers than can be counted. */
  add(caller: string, hash: bigint, change: 1 | -1): boolean {
    const at = this.#find(caller, hash, true);
    if (at === undefined) return false;
    Atomics.add(this.#halves, 2 * AT.total, change);
    this.#shared.changed(AT.total);
    Atomics.add(this.#halves, 2 * (at + 1), change);
    this.#shared.changed(at + 1);
    return true;
  }

  close(): void {
    this.#shared.close();
  }

  /** Where the caller's two words are; one that is not there is entered if it is to be, and if there is room. */
  #find(caller: string, hash: bigint, enter: boolean): number | undefined {
    const known = this.#places.get(caller);
    if (known !== undefined) return known;
    const { words, changed } = this.#shared;
    const first = Number(BigInt.asUintN(32, hash)) % CALLERS;
    for (let i = 0; i < CALLERS; i++) {
      const at = FIRST + ((first + i) % CALLERS) * WORDS;
      const there = enter ? Atomics.compareExchange(words, at, 0n, hash) : Atomics.load(words, at);
      if (there === 0n && !enter) return undefined;
      if (there === 0n) changed(at);
      else if (there !== hash) continue;
      this.#places.set(caller, at);
      return at;
    }
    return undefined;
  }
}
