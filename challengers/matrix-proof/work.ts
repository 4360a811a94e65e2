// The work behind a proof, done in the compute process: rows are computed panel by panel, hashed and let go.
import { JsonText } from "../../src/core/challenge.ts";
import type { BackendName, Committed, ComputeDevice, OpenJob, ProofJob } from "../../src/core/compute.ts";
import type { ExactProduct } from "../../src/matrix/kernels.ts";
import { HASH_BYTES, leafOf, MerkleTree } from "../../src/matrix/merkle.ts";

/** An engine, as far as this needs it. */
export interface ExactMultiplier {
  readonly backend: BackendName;
  readonly device: ComputeDevice;
  exact(
    spec: { readonly seed: Uint8Array; readonly k: number; readonly n: number; readonly maxRows: number },
    signal: AbortSignal,
  ): Promise<ExactProduct>;
}

/** Bytes of A, and of C, that are held at a time; of C twice: one panel is hashed while the next is computed. */
export const PANEL_BYTES = 64 * 1024 * 1024;

export async function commit(job: ProofJob, multiplier: ExactMultiplier, signal: AbortSignal): Promise<Committed> {
  const { seed, m, k, n } = job;
  const height = Math.max(1, Math.min(m, Math.floor(PANEL_BYTES / Math.max(4 * n, k))));
  const leaves = new Uint8Array(m * HASH_BYTES);
  let computeMs = 0;
  const product = await multiplier.exact({ seed, k, n, maxRows: height }, signal);
  try {
    const panelAt = (first: number) => product.rows(indices(first, Math.min(height, m - first)), signal);
    let next = panelAt(0);
    for (let first = 0; first < m; first += height) {
      const panel = await next;
      computeMs += panel.computeMs;
      if (first + height < m) next = panelAt(first + height);
      for (let at = 0; at < panel.values.length; at += n) {
        leaves.set(leafOf(panel.values.subarray(at, at + n)), (first + at / n) * HASH_BYTES);
      }
    }
  } finally {
    product.close();
  }
  const { levels } = MerkleTree.over(leaves);
  return { levels, computeMs, backend: multiplier.backend, device: multiplier.device.name };
}

/** The rows are computed again: holding all of C for a minute would cost as much memory as it has. */
export async function open(job: OpenJob, multiplier: ExactMultiplier, signal: AbortSignal): Promise<JsonText> {
  const { seed, k, n, rows, paths } = job;
  const product = await multiplier.exact({ seed, k, n, maxRows: rows.length }, signal);
  try {
    const { values } = await product.rows(Uint32Array.from(rows), signal);
    const pieces = rows.map((index, at) => {
      const row = Buffer.from(values.buffer, values.byteOffset + at * n * 4, n * 4);
      const path = (paths[at] ?? []).map((hash) => Buffer.from(hash).toString("hex"));
      return Buffer.from(`${at > 0 ? "," : ""}${JSON.stringify({ index, values: row.toString("base64"), path })}`);
    });
    return new JsonText([Buffer.from(`{"rows":[`), ...pieces, Buffer.from("]}")]);
  } finally {
    product.close();
  }
}

function indices(first: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => first + i);
}
