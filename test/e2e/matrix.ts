// What end-to-end tests of the matrix challenges share: asking as the scheduler, matrices, proofs, the compute process.
import { createHash } from "node:crypto";
import { z } from "zod";
import { loadKernels } from "../../src/matrix/load.ts";
import { drawRows, type Fault } from "../../src/matrix/proof.ts";
import { proofRecord, recordFault } from "../../src/scheduler/proof-record.ts";
import type { World } from "./world.ts";

const { kernels } = await loadKernels();

export const PRODUCT = "MATRIX_MULTIPLICATION";
export const PROOF = "MATRIX_PROOF";
export const OPEN = "MATRIX_PROOF_OPEN";

export function ask(world: World, type: string, payload: unknown, signal?: AbortSignal): Promise<Response> {
  return world.send("/challenge", { type, payload }, { as: "scheduler", ...(signal && { signal }) });
}

/** "429 challenge_busy: …" of an error, "200" of an answer. */
export async function refusal(response: Response): Promise<string> {
  const { error }: { error?: { code: string; message: string } } = JSON.parse(await response.text());
  return error ? `${response.status} ${error.code}: ${error.message}` : String(response.status);
}

const productAnswer = z.looseObject({
  backend: z.string(),
  device: z.string(),
  computationTimeMs: z.number(),
  gflops: z.number(),
  matrixSize: z.number(),
  flops: z.number(),
  merkleRoot: z.string(),
  C: z.array(z.array(z.number())).optional(),
});

/** Throws with the refusal when there is no answer. */
export async function multiply(world: World, payload: unknown) {
  const response = await ask(world, PRODUCT, payload);
  if (!response.ok) throw new Error(await refusal(response));
  return productAnswer.parse(await response.json());
}

export interface ProofSize {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly backend?: string;
}

/** Step 1 with a new seed. */
export async function commit(world: World, size: ProofSize, signal?: AbortSignal) {
  const seed = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");
  const asked = { version: 1, backend: "auto", seed, ...size };
  return { asked, response: await ask(world, PROOF, asked, signal) };
}

/** Both steps and the check of them; throws when a step is refused. @param between called when the first is answered */
export async function prove(
  world: World,
  size: ProofSize,
  rows = 16,
  between: () => Promise<void> = async () => {},
): Promise<{ backend: string; fault: Fault | undefined }> {
  const { asked, response } = await commit(world, size);
  if (!response.ok) throw new Error(await response.text());
  const committed = z
    .object({ proofId: z.string(), backend: z.string() })
    .loose()
    .parse(await response.json());
  await between();
  const drawn = drawRows(size.m, rows);
  const second = await ask(world, OPEN, { proofId: committed.proofId, rows: drawn });
  if (!second.ok) throw new Error(await second.text());
  const record = proofRecord.parse({ schema: 1, asked, committed, drawn, opened: await second.json() });
  return { backend: committed.backend, fault: recordFault(record, kernels) };
}

/** Whole numbers, so that every order of summation gives the same. */
export function matrix(rows: number, columns: number): number[][] {
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => Math.floor(Math.random() * 19) - 9));
}

export function times(a: readonly number[][], b: readonly number[][]): number[][] {
  return a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, value, p) => sum + value * (b[p]?.[j] ?? 0), 0)));
}

/** As the Go node makes it. */
export function goHash(c: readonly number[][]): string {
  const hash = createHash("sha256");
  for (const value of c.flat()) hash.update(value.toFixed(6));
  return `0x${hash.digest("hex")}`;
}

/** Of the newest compute process that the node's log tells of. */
export function computePid(world: World): number {
  const started = world.node
    .log()
    .split("\n")
    .filter((line) => line.includes("compute process started"));
  const last = started.at(-1);
  if (!last) throw new Error("no compute process yet");
  return z.object({ pid: z.number() }).parse(JSON.parse(last)).pid;
}
