// MATRIX_PROOF_OPEN, step 2: shows the rows that the scheduler draws once it knows the root, each with its path.
import { z } from "zod";
import type { JsonText } from "../../src/core/challenge.ts";
import { MAX_ROWS, MAX_SIDE } from "../../src/matrix/proof.ts";
import { type Challenger, INLINE_BYTES } from "../challenger.ts";
import { ChallengeError } from "../errors.ts";

export interface Opening {
  readonly proofId: string;
  readonly rows: readonly number[];
}

const openPayload: z.ZodType<Opening> = z.strictObject({
  proofId: z.string().max(100),
  rows: z
    .array(
      z
        .int()
        .min(0)
        .max(MAX_SIDE - 1),
    )
    .min(1)
    .max(MAX_ROWS)
    .refine((rows) => new Set(rows).size === rows.length, "expected every row once"),
});

export const matrixProofOpen: Challenger<Opening, JsonText> = {
  type: "MATRIX_PROOF_OPEN",
  summary: "rows of a product that was committed to, with their paths",
  input: openPayload,
  limits: { timeoutMs: 30_000, concurrent: 1, place: "device", bodyBytes: INLINE_BYTES },
  run: ({ proofId, rows }, { compute, proofs }, signal) =>
    proofs.open(proofId, async ({ job, tree }) => {
      const beyond = rows.findIndex((row) => row >= job.m);
      if (beyond >= 0) {
        throw new ChallengeError("challenge_payload", 400, `payload.rows.${beyond}: the product has ${job.m} rows`);
      }
      return compute.open({ ...job, rows, paths: rows.map((row) => tree.path(row)) }, signal);
    }),
};
