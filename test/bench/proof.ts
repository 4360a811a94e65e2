// A signed proof of an engine's product, made as a node makes it and checked as a scheduler checks it.
import { commit } from "../../challengers/matrix-proof/work.ts";
import type { MatmulEngine } from "../../src/gpu/engine.ts";
import { backendOf } from "../../src/gpu/engines.ts";
import { signerFromKey } from "../../src/keys/signer.ts";
import type { Kernels } from "../../src/matrix/kernels.ts";
import { MerkleTree } from "../../src/matrix/merkle.ts";
import { drawRows, proofFault, proofText } from "../../src/matrix/proof.ts";
import { never } from "../fakes/products.ts";
import vectors from "../vectors/function.json";

const signer = signerFromKey(Buffer.from(vectors.keys.node.privateKey, "hex"));

export interface Proven {
  readonly commitMs: number;
  readonly openMs: number;
  /** Checks all of it; milliseconds. Throws when it finds a fault. */
  check(kernels: Kernels): number;
}

/** Of A·B with `size` rows, columns and depth. */
export async function prove(engine: MatmulEngine, size: number, rows: number): Promise<Proven> {
  const backend = backendOf(engine);
  const shape = { seed: crypto.getRandomValues(new Uint8Array(32)), m: size, k: size, n: size };
  const multiplier = { backend, device: engine.device, exact: engine.exact.bind(engine) };
  const begun = performance.now();
  const tree = new MerkleTree((await commit({ ...shape, backend }, multiplier, never)).levels);
  const signature = Buffer.from(signer.signPersonal(proofText(shape, tree.root)), "hex");
  const committed = performance.now();
  const drawn = drawRows(size, rows);
  const exact = await engine.exact({ ...shape, maxRows: rows }, never);
  const { values } = await exact.rows(Uint32Array.from(drawn), never);
  exact.close();
  const openMs = performance.now() - committed;
  const opened = drawn.map((index, at) => ({
    index,
    values: values.subarray(at * size, (at + 1) * size),
    path: tree.path(index),
  }));
  return {
    commitMs: committed - begun,
    openMs,
    check(kernels) {
      const from = performance.now();
      const fault = proofFault(shape, { root: tree.root, signature }, signer.address, drawn, opened, kernels);
      const ms = performance.now() - from;
      if (fault) throw new Error(`an honest proof has a fault: ${fault.part}: ${fault.why}`);
      return ms;
    },
  };
}
