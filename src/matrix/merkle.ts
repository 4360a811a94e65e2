// The tree over a proof's rows: RFC 6962's, with leaf and inner nodes told apart by their first byte.

export const HASH_BYTES = 32;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** SHA-256(0x00 ‖ row). @param row n int32, little-endian, as they lie in the memory of every system we run on */
export function leafOf(row: Int32Array): Uint8Array {
  return new Bun.CryptoHasher("sha256").update(LEAF).update(row).digest();
}

function nodeOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  return new Bun.CryptoHasher("sha256").update(NODE).update(left).update(right).digest();
}

/** Every level from the leaves to the root. A node without a neighbour goes up as it is: RFC 6962's split. */
export class MerkleTree {
  readonly #levels: readonly (readonly Uint8Array[])[];

  /** @param leaves at least one, in order */
  constructor(leaves: readonly Uint8Array[]) {
    const levels = [leaves];
    for (let level = leaves; level.length > 1; ) {
      const above: Uint8Array[] = [];
      for (let i = 0; i < level.length; i += 2) {
        const [left, right] = [level[i], level[i + 1]];
        if (left) above.push(right ? nodeOf(left, right) : left);
      }
      levels.push(above);
      level = above;
    }
    this.#levels = levels;
  }

  get root(): Uint8Array {
    return this.#levels.at(-1)?.[0] ?? new Uint8Array(0);
  }

  /** The neighbours on the way up, leaf end first. */
  path(index: number): Uint8Array[] {
    return this.#levels.flatMap((level, height) => level[(index >> height) ^ 1] ?? []);
  }
}

/** The root that this leaf and path lead to; undefined when the path has not the length that its place wants. */
export function rootOf(
  leaf: Uint8Array,
  index: number,
  count: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  let [hash, at, width, used] = [leaf, index, count, 0];
  for (; width > 1; at >>= 1, width = (width + 1) >> 1) {
    if ((at ^ 1) >= width) continue;
    const neighbour = path[used++];
    if (!neighbour) return undefined;
    hash = at & 1 ? nodeOf(neighbour, hash) : nodeOf(hash, neighbour);
  }
  return used === path.length ? hash : undefined;
}
