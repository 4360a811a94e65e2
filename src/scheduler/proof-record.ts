// A whole proof as it went over the wire: asked for, kept in a file, and checked by anyone who has the file.
import { z } from "zod";
import { BACKEND_NAMES } from "../core/compute.ts";
import type { Kernels } from "../matrix/kernels.ts";
import { drawRows, type Fault, MAX_K, MAX_ROWS, MAX_SIDE, type OpenedRow, proofFault } from "../matrix/proof.ts";
import type { SignedClient } from "./signed-client.ts";

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^(0x)?[0-9a-fA-F]{${2 * bytes}}$`), `expected ${2 * bytes} hex digits`);
const side = z.int().min(1).max(MAX_SIDE);

const asked = z.object({
  version: z.literal(1),
  seed: hex(32),
  m: side,
  k: z.int().min(1).max(MAX_K),
  n: side,
  backend: z.enum(BACKEND_NAMES),
});
/** The answer to step 1. */
const committed = z.object({
  proofId: z.string(),
  root: hex(32),
  signature: hex(65),
  address: hex(20),
  computeMs: z.number(),
  totalMs: z.number(),
  gflops: z.number(),
  backend: z.string(),
  device: z.string(),
  expiresAt: z.union([z.number(), z.string()]),
});
/** The answer to step 2. */
const opened = z.object({
  rows: z.array(z.object({ index: z.int().min(0), values: z.base64(), path: z.array(hex(32)).max(64) })).max(MAX_ROWS),
});

export const proofRecord = z.object({
  schema: z.literal(1),
  asked,
  committed,
  /** The rows that were drawn, once the root was known. */
  drawn: z.array(z.int().min(0)).min(1).max(MAX_ROWS),
  opened,
});
export type ProofRecord = z.output<typeof proofRecord>;
type Asked = z.output<typeof asked>;

/** Both steps with a node: a new seed, and rows that are drawn only when the root is there. */
export async function askForProof(
  client: SignedClient,
  size: { m: number; k: number; n: number; backend: Asked["backend"]; rows: number },
  signal: AbortSignal,
): Promise<ProofRecord> {
  const { rows, ...shape } = size;
  const seed = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");
  const payload: Asked = { version: 1, seed, ...shape };
  const first = await client.json("/challenge", { type: "MATRIX_PROOF", payload }, committed, signal);
  const drawn = drawRows(shape.m, rows);
  const opening = { proofId: first.proofId, rows: drawn };
  const challenge = { type: "MATRIX_PROOF_OPEN", payload: opening };
  const second = await client.json("/challenge", challenge, opened, signal);
  return { schema: 1, asked: payload, committed: first, drawn, opened: second };
}

/**
 * The library's verifier: the first fault of a recorded proof, or undefined.
 * @param address whose signature it must be; default: the one that the record names
 */
export function recordFault(
  record: ProofRecord,
  kernels: Kernels,
  address = record.committed.address,
): Fault | undefined {
  const { asked: shape, committed: commitment, drawn, opened: opening } = record;
  return proofFault(
    { ...shape, seed: bytesOf(shape.seed) },
    { root: bytesOf(commitment.root), signature: bytesOf(commitment.signature) },
    address.startsWith("0x") ? address : `0x${address}`,
    drawn,
    opening.rows.map(openedRow),
    kernels,
  );
}

function openedRow({ index, values, path }: ProofRecord["opened"]["rows"][number]): OpenedRow {
  const bytes = new Uint8Array(Buffer.from(values, "base64"));
  // Of a length that is no whole number of values there are none: the check of the rows says so.
  const whole = bytes.length % 4 === 0 ? bytes.length / 4 : 0;
  return { index, values: new Int32Array(bytes.buffer, 0, whole), path: path.map(bytesOf) };
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/^0x/, ""), "hex"));
}
