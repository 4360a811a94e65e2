// Rehearses MATRIX_PROOF and MATRIX_PROOF_OPEN: a whole proof, checked with no tolerance.
import { type Check, fail, pass } from "./check.ts";
import { askForProof, recordFault } from "./proof-record.ts";

export const proofCheck: Check = {
  name: "MATRIX_PROOF",
  async run({ client, kernels, proof, signal }) {
    const { size, rows } = proof;
    const record = await askForProof(client, { m: size, k: size, n: size, backend: "auto", rows }, signal);
    const fault = recordFault(record, kernels);
    if (fault) return fail(`${fault.part}: ${fault.why}`);
    const { gflops, backend, device, totalMs } = record.committed;
    const figures = `${gflops.toFixed(1)} GOPS at ${size}, ${totalMs.toFixed(0)} ms in all`;
    return pass(`${figures}, ${record.drawn.length} rows right; ${backend} on ${device}`);
  },
};
