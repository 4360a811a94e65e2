// The nonces of one epoch: hashes in blocks of a growing size, each a file; what is in is never taken out singly.
import { join } from "node:path";
import { openWords, type SharedWords, shareWords } from "./shared-words.ts";

/** A bucket is one cache line. */
const BUCKET = 8;
const SMALLEST_BLOCK = 4096;
const LARGEST_BLOCK = 1 << 22;
/** Each block is so many times as large as the one before it: few blocks are looked at, whatever comes. */
const GROWTH = 4;

/** A hash and its halves, of which the lower is not 0. */
export interface NonceHash {
  readonly whole: bigint;
  readonly low: number;
  readonly high: number;
}

interface Block {
  readonly shared: SharedWords;
  /** The lower halves of the words, at twice their index: reading a half makes no big integer. Little-endian, as all our machines are. */
  readonly halves: Int32Array;
  readonly buckets: number;
}

export class NonceSet {
  readonly #folder: string;
  readonly #mapping: boolean;
  readonly #expected: number;
  readonly #blocks: Block[] = [];

  /** @param expected about how many there will be: the first block is made for them */
  constructor(folder: string, expected: number, mapping: boolean) {
    this.#folder = folder;
    this.#mapping = mapping;
    this.#expected = expected;
  }

  /**
   * True for exactly one of all calls with this hash, in all processes. A bucket is filled from its first slot on, and a
   * later block is used only when the bucket of the one before it is full, which it then stays: so every process looks at
   * the same slots in the same order, and two of them meet at the first that is free.
   */
  add(hash: NonceHash): boolean {
    const { whole, low } = hash;
    for (let index = 0; ; index++) {
      const block = this.#blocks[index] ?? this.#make(index);
      const { words, changed } = block.shared;
      const first = (hash.high % block.buckets) * BUCKET;
      for (let at = first; at < first + BUCKET; at++) {
        const seen = block.halves[2 * at];
        if (seen !== 0 && seen !== low) continue;
        const there = Atomics.compareExchange(words, at, 0n, whole);
        if (there === whole) return false;
        if (there !== 0n) continue;
        changed(at);
        return true;
      }
    }
  }

  has({ whole, low, high }: NonceHash): boolean {
    for (let index = 0; ; index++) {
      const block = this.#blocks[index] ?? this.#there(index);
      if (!block) return false;
      const first = (high % block.buckets) * BUCKET;
      for (let at = first; at < first + BUCKET; at++) {
        const seen = block.halves[2 * at];
        if (seen === 0) return false;
        if (seen === low && block.shared.words[at] === whole) return true;
      }
    }
  }

  close(): void {
    for (const { shared } of this.#blocks) shared.close();
  }

  #make(index: number): Block {
    const before = this.#blocks[index - 1]?.shared.words.length;
    const slots = before === undefined ? firstBlock(this.#expected) : Math.min(GROWTH * before, LARGEST_BLOCK);
    return this.#keep(index, shareWords(this.#path(index), slots, this.#mapping));
  }

  #there(index: number): Block | undefined {
    const shared = openWords(this.#path(index), this.#mapping);
    return shared && this.#keep(index, shared);
  }

  #keep(index: number, shared: SharedWords): Block {
    const { buffer, byteOffset, length } = shared.words;
    const block = { shared, halves: new Int32Array(buffer, byteOffset, 2 * length), buckets: length / BUCKET };
    this.#blocks[index] = block;
    return block;
  }

  #path(index: number): string {
    return join(this.#folder, `block-${index}`);
  }
}

/** Twice as many slots as are expected, so that few buckets overflow. */
function firstBlock(expected: number): number {
  let slots = SMALLEST_BLOCK;
  while (slots < 2 * expected && slots < LARGEST_BLOCK) slots *= 2;
  return slots;
}
