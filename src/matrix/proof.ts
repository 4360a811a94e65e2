// The exact proof (MATRIX_PROOF): what a node signs, which rows are drawn, and the verifier's check, with no tolerance.
import { personalDigest, recoverAddress } from "../lib/ethereum.ts";
import type { Kernels } from "./kernels.ts";
import { leafOf, rootOf } from "./merkle.ts";
import { streamOf } from "./philox.ts";

/** Above it a sum could leave the integers that float32 holds, and the proof would not be exact on every device. */
export const MAX_K = 262_144;
export const MAX_SIDE = 32_768;
export const MAX_ROWS = 256;
/** 2^61 − 1, a prime. */
const P = (1n << 61n) - 1n;

export interface ProofShape {
  /** 32 bytes. */
  readonly seed: Uint8Array;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

export interface Commitment {
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** 65 bytes. */
  readonly signature: Uint8Array;
}

export interface OpenedRow {
  readonly index: number;
  readonly values: Int32Array;
  /** Leaf end first. */
  readonly path: readonly Uint8Array[];
}

/** What was found at fault: the part of the proof, and what of it. */
export interface Fault {
  readonly part: "signature" | "rows" | "path" | "values";
  readonly why: string;
}

/** What the node signs (EIP-191). */
export function proofText({ seed, m, k, n }: ProofShape, root: Uint8Array): string {
  return `fxn-proof-v1:${hex(seed)}:${m}x${k}x${n}:${hex(root)}`;
}

/** `count` different rows of m, drawn by a generator that the prover cannot foresee, in order. */
export function drawRows(m: number, count: number): number[] {
  const drawn = new Set<number>();
  while (drawn.size < Math.min(m, count)) drawn.add(below(m));
  return [...drawn].sort((a, b) => a - b);
}

/**
 * Checks a whole proof: who signed, that exactly the drawn rows were opened, that each path leads to the root, and by
 * one Freivalds check modulo 2^61 − 1 that all opened rows are rows of A·B. A wrong row passes with probability 2^-60.
 * @param address whose signature it must be, in any case
 * @param drawn the rows that were asked for, after the root was known
 * @returns the first fault, or undefined when there is none
 */
export function proofFault(
  shape: ProofShape,
  commitment: Commitment,
  address: string,
  drawn: readonly number[],
  opened: readonly OpenedRow[],
  kernels: Kernels,
): Fault | undefined {
  return (
    signatureFault(shape, commitment, address) ??
    rowsFault(shape, drawn, opened) ??
    pathFault(shape, commitment.root, opened) ??
    valuesFault(shape, opened, kernels)
  );
}

function signatureFault(shape: ProofShape, { root, signature }: Commitment, address: string): Fault | undefined {
  const signer =
    signature.length === 65 ? recoverAddress(personalDigest(proofText(shape, root)), signature) : undefined;
  if (signer === address.toLowerCase()) return undefined;
  return { part: "signature", why: `not of ${address} over this seed, size and root` };
}

function rowsFault({ m, n }: ProofShape, drawn: readonly number[], opened: readonly OpenedRow[]): Fault | undefined {
  const outside = drawn.find((index) => !(Number.isInteger(index) && index >= 0 && index < m));
  if (outside !== undefined) return { part: "rows", why: `there is no row ${outside} of ${m}` };
  if (drawn.length === 0 || new Set(drawn).size < drawn.length) return { part: "rows", why: "no rows, or one twice" };
  const given = new Set(opened.map(({ index }) => index));
  const missing = drawn.find((index) => !given.has(index));
  if (missing !== undefined) return { part: "rows", why: `row ${missing} was not opened` };
  if (opened.length !== drawn.length)
    return { part: "rows", why: `${opened.length} rows opened, ${drawn.length} asked` };
  const short = opened.find(({ values }) => values.length !== n);
  return short && { part: "rows", why: `row ${short.index} has ${short.values.length} values, not ${n}` };
}

function pathFault({ m }: ProofShape, root: Uint8Array, opened: readonly OpenedRow[]): Fault | undefined {
  const astray = opened.find(({ index, values, path }) => {
    const reached = rootOf(leafOf(values), index, m, path);
    return !reached || !Buffer.from(reached).equals(root);
  });
  return astray && { part: "path", why: `row ${astray.index} and its path do not lead to the root` };
}

function valuesFault({ seed, k, n }: ProofShape, opened: readonly OpenedRow[], kernels: Kernels): Fault | undefined {
  const values = new Int32Array(opened.length * n);
  for (const [at, row] of opened.entries()) values.set(row.values, at * n);
  const column = kernels.wrongColumn(
    { a: streamOf(seed, "A"), b: streamOf(seed, "B"), k, n },
    {
      rows: Uint32Array.from(opened, ({ index }) => index),
      coefficients: BigUint64Array.from(opened, randomResidue),
      values,
    },
  );
  if (column === undefined) return undefined;
  return { part: "values", why: `the opened rows are not rows of A·B: column ${column} differs` };
}

/** Uniform below P: 61 random bits, drawn again in the one case that is none. */
function randomResidue(): bigint {
  for (;;) {
    const [bits = P] = crypto.getRandomValues(new BigUint64Array(1));
    const residue = bits & P;
    if (residue < P) return residue;
  }
}

/** Uniform below `limit`, which is at most 2^32. */
function below(limit: number): number {
  const fair = 2 ** 32 - (2 ** 32 % limit);
  for (;;) {
    const [word = fair] = crypto.getRandomValues(new Uint32Array(1));
    if (word < fair) return word % limit;
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
