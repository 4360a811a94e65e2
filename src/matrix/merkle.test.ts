import { expect, test } from "bun:test";
import fc from "fast-check";
import vectors from "../../test/vectors/proof.json";
import { leafOf, MerkleTree, rootOf } from "./merkle.ts";

const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("hex");
const int32s = (base64: string) => new Int32Array(Uint8Array.from(Buffer.from(base64, "base64")).buffer);

test("leaves and paths of every vector lead to its root", () => {
  for (const { m, root, openings } of vectors.proofs) {
    for (const { index, values, leaf, path } of openings) {
      expect(hex(leafOf(int32s(values)))).toBe(leaf);
      expect(
        hex(
          rootOf(
            Buffer.from(leaf, "hex"),
            index,
            m,
            path.map((node) => Buffer.from(node, "hex")),
          ),
        ),
      ).toBe(root);
    }
  }
});

test("RFC 6962's tree, split at the largest power of two below the count", () => {
  const leaves = Array.from({ length: 21 }, (_, i) => leafOf(Int32Array.of(i)));
  const node = (left: Uint8Array, right: Uint8Array) => Buffer.concat([Uint8Array.of(1), left, right]);
  const split = (all: Uint8Array[]): Uint8Array => {
    if (all.length === 1) return all[0]!;
    let k = 1;
    while (2 * k < all.length) k *= 2;
    return new Bun.CryptoHasher("sha256").update(node(split(all.slice(0, k)), split(all.slice(k)))).digest();
  };
  for (let count = 1; count <= leaves.length; count++)
    expect(hex(MerkleTree.over(Buffer.concat(leaves.slice(0, count))).root)).toBe(hex(split(leaves.slice(0, count))));
});

test("every leaf's path leads to the root; of another place, shorter, longer or altered it does not", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(), (count, pick, flip) => {
      const tree = MerkleTree.over(
        Buffer.concat(Array.from({ length: count }, (_, i) => leafOf(Int32Array.of(i, count)))),
      );
      const index = pick % count;
      const leaf = leafOf(Int32Array.of(index, count));
      const path = tree.path(index);
      const root = hex(tree.root);
      expect(hex(rootOf(leaf, index, count, path))).toBe(root);
      if (count === 1) return;
      expect(rootOf(leaf, index, count, [...path, leaf])).toBeUndefined();
      expect(rootOf(leaf, index, count, path.slice(1))).toBeUndefined();
      expect(hex(rootOf(leaf, (index + 1) % count, count, path))).not.toBe(root);
      const altered = path.map((one) => Uint8Array.from(one));
      altered[flip % altered.length]![flip % 32]! ^= 1;
      expect(hex(rootOf(leaf, index, count, altered))).not.toBe(root);
    }),
  );
});
