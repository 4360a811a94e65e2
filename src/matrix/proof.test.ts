import { beforeAll, describe, expect, test } from "bun:test";
import functionVectors from "../../test/vectors/function.json";
import { signerFromKey } from "../keys/signer.ts";
import type { Kernels } from "./kernels.ts";
import { loadKernels } from "./load.ts";
import { leafOf, MerkleTree } from "./merkle.ts";
import { streamOf } from "./philox.ts";
import { type Commitment, drawRows, type OpenedRow, type ProofShape, proofFault, proofText } from "./proof.ts";

const signer = signerFromKey(Buffer.from(functionVectors.keys.node.privateKey, "hex"));
const stranger = signerFromKey(Buffer.from(functionVectors.keys.stranger.privateKey, "hex"));
const address = signer.checksumAddress;
let kernels: Kernels;
beforeAll(async () => {
  ({ kernels } = await loadKernels());
});

/** All rows of the product, as a node has them. */
async function rowsOf({ seed, m, k, n }: ProofShape): Promise<Int32Array[]> {
  const made = await kernels.exact(
    { a: streamOf(seed, "A"), b: streamOf(seed, "B"), k, n },
    1,
    new AbortController().signal,
  );
  const { values } = await made.rows(
    Uint32Array.from({ length: m }, (_, i) => i),
    new AbortController().signal,
  );
  made.close();
  return Array.from({ length: m }, (_, i) => values.slice(i * n, (i + 1) * n));
}

/** What a node answers that has these rows, whatever they are. */
function prove(shape: ProofShape, rows: readonly Int32Array[]) {
  const tree = MerkleTree.over(Buffer.concat(rows.map(leafOf)));
  const signature = Buffer.from(signer.signPersonal(proofText(shape, tree.root)), "hex");
  const open = (index: number): OpenedRow => ({
    index,
    values: rows[index] ?? new Int32Array(0),
    path: tree.path(index),
  });
  return { commitment: { root: tree.root, signature }, open };
}

const shapeOf = (m: number, k: number, n: number): ProofShape => ({
  seed: crypto.getRandomValues(new Uint8Array(32)),
  m,
  k,
  n,
});

describe("a proof that is tampered with", () => {
  const shape = shapeOf(21, 40, 33);
  const drawn = [2, 7, 20];
  let honest: { commitment: Commitment; opened: OpenedRow[] };
  beforeAll(async () => {
    const { commitment, open } = prove(shape, await rowsOf(shape));
    honest = { commitment, opened: drawn.map(open) };
  });
  const verdict = (change: Partial<typeof honest> = {}, of = shape, by = address, rows = drawn) => {
    const { commitment, opened } = { ...honest, ...change };
    return proofFault(of, commitment, by, rows, opened, kernels)?.part;
  };
  const flipped = (bytes: Uint8Array, at = 0) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
  const changeRow = (at: number, change: (row: OpenedRow) => Partial<OpenedRow>) =>
    honest.opened.map((row, i) => (i === at ? { ...row, ...change(row) } : row));

  test("untouched, it has no fault, whatever the case of the address", () => {
    expect([verdict(), verdict({}, shape, address.toLowerCase())]).toEqual([undefined, undefined]);
  });

  test("tampered row: another value", () => {
    for (let column = 0; column < shape.n; column++) {
      const opened = changeRow(1, ({ values }) => ({
        values: values.map((value, j) => (j === column ? value + 1 : value)),
      }));
      expect(verdict({ opened })).toBe("path");
    }
  });

  test("tampered row: shortened, another row in its place, one row twice, one missing, one too many", () => {
    expect(verdict({ opened: changeRow(0, ({ values }) => ({ values: values.slice(1) })) })).toBe("rows");
    expect(verdict({ opened: changeRow(0, () => ({ index: 3 })) })).toBe("rows");
    expect(verdict({ opened: [...honest.opened.slice(1), honest.opened[1]!] })).toBe("rows");
    expect(verdict({ opened: honest.opened.slice(1) })).toBe("rows");
    expect(verdict({ opened: [...honest.opened, honest.opened[0]!] })).toBe("rows");
  });

  test("rows that are not there: past the end, before it, between two, past what a word holds; none at all", () => {
    const one = shapeOf(1, 4, 4);
    for (const index of [1, 5, -1, 0.5, 2 ** 32]) {
      const row = { ...honest.opened[0]!, index };
      expect(proofFault(one, honest.commitment, address, [index], [row], kernels)?.part).toBeOneOf([
        "signature",
        "rows",
      ]);
      expect(verdict({ opened: [row] }, shape, address, [index + shape.m])).toBe("rows");
    }
    expect(verdict({ opened: [] }, shape, address, [])).toBe("rows");
  });

  test("swapped rows: each with the other's index", () => {
    const [first, second, third] = honest.opened;
    const opened = [{ ...first!, index: 7 }, { ...second!, index: 2 }, third!];
    expect(verdict({ opened })).toBe("path");
  });

  test("tampered path: a node altered, missing, added", () => {
    for (let node = 0; node < 4; node++)
      expect(
        verdict({
          opened: changeRow(2, ({ path }) => ({
            path: path.map((one, i) => (i === node % path.length ? flipped(one, node) : one)),
          })),
        }),
      ).toBe("path");
    expect(verdict({ opened: changeRow(2, ({ path }) => ({ path: path.slice(1) })) })).toBe("path");
    expect(verdict({ opened: changeRow(2, ({ path }) => ({ path: [...path, path[0]!] })) })).toBe("path");
  });

  test("tampered root: the signature is not over it", () => {
    expect(verdict({ commitment: { ...honest.commitment, root: flipped(honest.commitment.root) } })).toBe("signature");
  });

  test("tampered seed: the signature is not over it", () => {
    for (let byte = 0; byte < 32; byte++)
      expect(verdict({}, { ...shape, seed: flipped(shape.seed, byte) })).toBe("signature");
  });

  test("tampered size: the signature is not over it", () => {
    for (const other of [{ m: 22 }, { k: 41 }, { n: 34 }])
      expect(verdict({}, { ...shape, ...other })).toBe("signature");
  });

  test("tampered signature: any byte, another length, another key", () => {
    const { signature } = honest.commitment;
    for (let byte = 0; byte < 65; byte++)
      expect(verdict({ commitment: { ...honest.commitment, signature: flipped(signature, byte) } })).toBe("signature");
    expect(verdict({ commitment: { ...honest.commitment, signature: signature.subarray(0, 64) } })).toBe("signature");
    expect(verdict({}, shape, stranger.checksumAddress)).toBe("signature");
  });

  test("a proof signed again for another seed: only the values can tell, and they do", async () => {
    const other = { ...shape, seed: flipped(shape.seed) };
    const { commitment, open } = prove(other, await rowsOf(shape));
    expect(verdict({ commitment, opened: drawn.map(open) }, other)).toBe("values");
  });

  test("rows of zeros, committed to and signed", () => {
    const { commitment, open } = prove(
      shape,
      Array.from({ length: shape.m }, () => new Int32Array(shape.n)),
    );
    expect(verdict({ commitment, opened: drawn.map(open) })).toBe("values");
  });
});

test("10,000 tries with a wrong entry that was committed to and signed: found if its row is opened, else not", async () => {
  const random = (limit: number) => Math.floor(Math.random() * limit);
  for (let shapes = 0; shapes < 100; shapes++) {
    const shape = shapeOf(1 + random(24), 1 + random(60), 1 + random(40));
    const rows = await rowsOf(shape);
    for (let tries = 0; tries < 100; tries++) {
      const wrong = random(shape.m);
      const forged = rows.map((row, i) => (i === wrong ? row.slice() : row));
      const row = forged[wrong]!;
      row[random(shape.n)]! += random(2) === 0 ? 1 : (-1) ** random(2) * (1 + random(2 ** 20));
      const tree = MerkleTree.over(Buffer.concat(forged.map(leafOf)));
      const drawn = drawRows(shape.m, 1 + random(4));
      const opened = drawn.map((index) => ({ index, values: forged[index]!, path: tree.path(index) }));
      const column = kernels.wrongColumn(
        { a: streamOf(shape.seed, "A"), b: streamOf(shape.seed, "B"), k: shape.k, n: shape.n },
        {
          rows: Uint32Array.from(drawn),
          coefficients: BigUint64Array.from(drawn, () => 1n + BigInt(random(2 ** 52))),
          values: Int32Array.from(opened.flatMap(({ values }) => [...values])),
        },
      );
      expect(column !== undefined).toBe(drawn.includes(wrong));
      // The whole check, signature and all, on one in ten: recovering the signer is what takes the time.
      if (tries % 10 > 0) continue;
      const signature = Buffer.from(signer.signPersonal(proofText(shape, tree.root)), "hex");
      const fault = proofFault(shape, { root: tree.root, signature }, address, drawn, opened, kernels);
      expect(fault?.part).toBe(drawn.includes(wrong) ? "values" : undefined);
    }
  }
});

test("rows are drawn without repetition, below m, all of them when more are asked", () => {
  expect(drawRows(5, 9)).toEqual([0, 1, 2, 3, 4]);
  const counts = new Map<number, number>();
  for (let i = 0; i < 2000; i++) for (const row of drawRows(8, 2)) counts.set(row, (counts.get(row) ?? 0) + 1);
  expect(counts.size).toBe(8);
  for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(150);
});
