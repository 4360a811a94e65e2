// The entries of a proof's matrices: Philox4x32-10 (Salmon et al. 2011) keyed by the seed; any entry can be made on its own.

/** What makes the entries of A or of B: all words are u32. */
export interface Stream {
  readonly key: readonly [number, number];
  /** Words 2 and 3 of every counter; words 0 and 1 are the block and the row. */
  readonly tail: readonly [number, number];
}

/** Entries in one block: four words of eight. */
export const BLOCK = 32;

/** h = SHA-256(seed ‖ name); key and counter are its first four words, little-endian. @param seed 32 bytes */
export function streamOf(seed: Uint8Array, name: "A" | "B"): Stream {
  const h = new DataView(new Bun.CryptoHasher("sha256").update(seed).update(name).digest().buffer);
  return { key: [h.getUint32(0, true), h.getUint32(4, true)], tail: [h.getUint32(8, true), h.getUint32(12, true)] };
}

/** Ten rounds; four words in, four words out. */
export function philox4x32(counter: readonly number[], key: readonly number[]): [number, number, number, number] {
  let [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = counter;
  let [k0 = 0, k1 = 0] = key;
  for (let round = 0; round < 10; round++) {
    const p0 = BigInt(c0) * 0xd2511f53n;
    const p1 = BigInt(c2) * 0xcd9e8d57n;
    const high = (p: bigint) => Number(p >> 32n);
    const low = (p: bigint) => Number(p & 0xffffffffn);
    [c0, c1, c2, c3] = [(high(p1) ^ c1 ^ k0) >>> 0, low(p1), (high(p0) ^ c3 ^ k1) >>> 0, low(p0)];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** Row `row` of the matrix, `width` entries of −8…7. The definition, in the clear; the kernels do it fast. */
export function rowOf({ key, tail }: Stream, row: number, width: number): Int8Array {
  const entries = new Int8Array(Math.ceil(width / BLOCK) * BLOCK);
  for (let block = 0; block * BLOCK < width; block++) {
    const words = philox4x32([block, row, ...tail], key);
    for (let e = 0; e < BLOCK; e++) {
      const word = words[e >> 3] ?? 0;
      entries[block * BLOCK + e] = ((word >>> (4 * (e & 7))) & 15) - 8;
    }
  }
  return entries.subarray(0, width);
}
