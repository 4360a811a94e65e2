// MATRIX_PROOF, step 1: computes the product that the seed names and commits to its rows, signed.
import { z } from "zod";
import { BACKEND_NAMES, gflopsOf, type ProofJob } from "../../src/core/compute.ts";
import { MerkleTree } from "../../src/matrix/merkle.ts";
import { MAX_K, MAX_SIDE, proofText } from "../../src/matrix/proof.ts";
import { type Challenger, INLINE_BYTES } from "../challenger.ts";

export interface ProofAnswer {
  proofId: string;
  /** Lower-case hex without 0x. */
  root: string;
  /** Of `fxn-proof-v1:<seed>:<m>x<k>x<n>:<root>`, EIP-191; 130 hex digits without 0x. */
  signature: string;
  /** EIP-55. */
  address: string;
  computeMs: number;
  totalMs: number;
  gflops: number;
  backend: string;
  device: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

const side = z.int().min(1).max(MAX_SIDE);

export const proofPayload = z
  .strictObject({
    version: z.literal(1, "expected 1, the only version there is"),
    seed: z.string().regex(/^[0-9a-fA-F]{64}$/, "expected 64 hex digits without 0x"),
    m: side,
    k: z.int().min(1).max(MAX_K),
    n: side,
    backend: z.enum(BACKEND_NAMES).default("auto"),
  })
  .transform(
    ({ seed, m, k, n, backend }): ProofJob => ({ seed: Uint8Array.from(Buffer.from(seed, "hex")), m, k, n, backend }),
  );

export const matrixProof: Challenger<ProofJob, ProofAnswer> = {
  type: "MATRIX_PROOF",
  summary: "an exact product from a seed, committed to and signed",
  input: proofPayload,
  limits: { timeoutMs: 60_000, concurrent: 1, place: "device", bodyBytes: INLINE_BYTES },
  async run(job, { compute, proofs, identity, clock }, signal) {
    const begun = clock.monotonic();
    const { id, proof, expiresAt } = await proofs.hold(async () => {
      const { levels, computeMs, backend, device } = await compute.commit(job, signal);
      return { job: { ...job, backend }, tree: new MerkleTree(levels), computeMs, device };
    });
    const { root } = proof.tree;
    return {
      proofId: id,
      root: Buffer.from(root).toString("hex"),
      signature: identity.signPersonal(proofText(job, root)),
      address: identity.checksumAddress,
      computeMs: proof.computeMs,
      totalMs: clock.monotonic() - begun,
      gflops: gflopsOf(job, proof.computeMs),
      backend: proof.job.backend,
      device: proof.device,
      expiresAt,
    };
  },
};
