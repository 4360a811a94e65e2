// What all epochs have in common: the secret of the hashes, how long an epoch is, and what has been forgotten.
import { join } from "node:path";
import { StoreError } from "../errors.ts";
import { type SharedWords, shareWords } from "./shared-words.ts";

/** The kind of file and the version of its layout. */
const MAGIC = 0x66_78_6e_6f_6e_63_01n;
const AT = { magic: 0, seed: 1, floor: 2 } as const;
const WORDS = 8;
const LOWEST = -(2n ** 62n);

export class NoncesHeader {
  readonly seed: bigint;
  readonly #shared: SharedWords;

  /** Throws StoreError when the file is none of ours. */
  constructor(folder: string, mapping: boolean) {
    const path = join(folder, "header");
    // The seed is a secret: nobody outside can choose nonces whose hashes fall together.
    const [seed = 0n] = crypto.getRandomValues(new BigInt64Array(1));
    this.#shared = shareWords(path, WORDS, mapping, [MAGIC, seed, LOWEST]);
    if (this.#shared.words[AT.magic] !== MAGIC) {
      throw new StoreError("store_broken", 500, `${path} is damaged, or was written by another version of fxn`, {
        hint: `Stop the node, delete the folder ${folder}, wait for twice auth.maxClockSkew, and start it again.`,
      });
    }
    this.seed = BigInt.asUintN(64, this.#shared.words[AT.seed] ?? 0n);
  }

  /** Milliseconds: whether a nonce that was signed at or before this was used is no longer known. */
  get floor(): number {
    return Number(Atomics.load(this.#shared.words, AT.floor));
  }

  /** It only grows: a clock that jumps back reopens nothing. */
  raiseFloor(to: number): void {
    const { words, changed } = this.#shared;
    for (let now = Atomics.load(words, AT.floor); now < BigInt(to); ) {
      const before = Atomics.compareExchange(words, AT.floor, now, BigInt(to));
      if (before === now) break;
      now = before;
    }
    changed(AT.floor);
  }

  close(): void {
    this.#shared.close();
  }
}
