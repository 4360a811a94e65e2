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
  /** Hashes of a level, one after the other; the leaves first, the root last. */
  readonly levels: readonly Uint8Array[];

  constructor(levels: readonly Uint8Array[]) {
    this.levels = levels;
  }

  /** @param leaves hashes of at least one row, in order, one after the other */
  static over(leaves: Uint8Array): MerkleTree {
    const levels = [leaves];
    for (let level = leaves; level.length > HASH_BYTES; ) {
      const above = new Uint8Array(Math.ceil(level.length / 2 / HASH_BYTES) * HASH_BYTES);
      for (let at = 0; at < level.length; at += 2 * HASH_BYTES) {
        const [left, right] = [hashAt(level, at), hashAt(level, at + HASH_BYTES)];
        above.set(right.length > 0 ? nodeOf(left, right) : left, at / 2);
      }
      levels.push(above);
      level = above;
    }
    return new MerkleTree(levels);
  }

  get root(): Uint8Array {
    return this.levels.at(-1) ?? new Uint8Array(0);
  }

  /** The neighbours on the way up, leaf end first. */
  path(index: number): Uint8Array[] {
    return this.levels
      .slice(0, -1)
      .map((level, height) => hashAt(level, ((index >> height) ^ 1) * HASH_BYTES))
      .filter((neighbour) => neighbour.length > 0);
  }
}

/** Empty past the end of the level. */
function hashAt(level: Uint8Array, at: number): Uint8Array {
  return level.subarray(at, at + HASH_BYTES);
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
