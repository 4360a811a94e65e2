import { describe, expect, test } from "bun:test";
import { JsonText } from "../../src/core/challenge.ts";
import type { ComputePort } from "../../src/core/compute.ts";
import { loadKernels } from "../../src/matrix/load.ts";
import { MerkleTree } from "../../src/matrix/merkle.ts";
import { drawRows, type OpenedRow, proofFault } from "../../src/matrix/proof.ts";
import { challengerConformance } from "../../test/conformance/challengers.ts";
import { challengeContext, openChallenges, refusalOf } from "../../test/fakes/challenges.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import vectors from "../../test/vectors/proof.json";
import { matrixMultiplication } from "../matrix-multiplication/challenger.ts";
import type { Proof } from "../proofs.ts";
import { Proofs } from "../proofs.ts";
import { matrixProof, type ProofAnswer, proofPayload } from "./challenger.ts";
import { matrixProofOpen } from "./open.ts";

const signal = new AbortController().signal;
const SEED = "0123456789abcdef".repeat(4);
const payload = { version: 1, seed: SEED, m: 33, k: 40, n: 37, backend: "auto" };

function openNode() {
  const clock = new FakeClock();
  const context = challengeContext({ clock });
  const port = openChallenges([matrixProof, matrixProofOpen], { context, clock });
  return {
    clock,
    commit: async (change: object = {}) =>
      (await port.run("MATRIX_PROOF", { ...payload, ...change }, signal)) as ProofAnswer,
    async open(proofId: string, rows: readonly number[]): Promise<{ index: number; values: string; path: string[] }[]> {
      const answer = await port.run("MATRIX_PROOF_OPEN", { proofId, rows }, signal);
      if (!(answer instanceof JsonText)) throw new Error("no JSON text");
      return JSON.parse(Buffer.concat(answer.pieces).toString()).rows;
    },
  };
}

/** A place that is free for every proof: the conformance suite commits many, and opens one again and again. */
class EndlessProofs extends Proofs {
  override async hold(make: () => Promise<Proof>) {
    return { id: crypto.randomUUID() as string, proof: await make(), expiresAt: 1 };
  }
  override open<T>(id: string, show: (proof: Proof) => Promise<T>): Promise<T> {
    return id === "known" ? show(known) : super.open(id, show);
  }
}
const job = proofPayload.parse(payload);
const { levels, computeMs, device } = await challengeContext().compute.commit(job, signal);
const known: Proof = { job, tree: new MerkleTree(levels), computeMs, device };
const endless = challengeContext({ proofs: new EndlessProofs(new FakeClock()) });

challengerConformance(matrixProof, {
  context: endless,
  good: [payload, { ...payload, m: 1, k: 1, n: 1, backend: "cpu" }],
  bad: [
    { payload: null, field: "payload" },
    { payload: {}, field: "payload.version" },
    { payload: { ...payload, version: 2 }, field: "payload.version" },
    { payload: { ...payload, seed: "00" }, field: "payload.seed" },
    { payload: { ...payload, seed: `0x${SEED}` }, field: "payload.seed" },
    { payload: { ...payload, m: 0 }, field: "payload.m" },
    { payload: { ...payload, m: 32_769 }, field: "payload.m" },
    { payload: { ...payload, n: 32_769 }, field: "payload.n" },
    { payload: { ...payload, k: 262_145 }, field: "payload.k" },
    { payload: { ...payload, k: 1.5 }, field: "payload.k" },
    { payload: { ...payload, backend: "tpu" }, field: "payload.backend" },
    { payload: { ...payload, rows: [1] }, field: "payload.rows" },
  ],
});

challengerConformance(matrixProofOpen, {
  context: endless,
  good: [{ proofId: "known", rows: [0, 32] }],
  bad: [
    { payload: { proofId: "other", rows: [0] }, field: "payload.proofId" },
    { payload: { rows: [0] }, field: "payload.proofId" },
    { payload: { proofId: "known" }, field: "payload.rows" },
    { payload: { proofId: "known", rows: [] }, field: "payload.rows" },
    { payload: { proofId: "known", rows: [0, 0] }, field: "payload.rows" },
    { payload: { proofId: "known", rows: [0, 33] }, field: "payload.rows.1" },
    { payload: { proofId: "known", rows: [-1] }, field: "payload.rows.0" },
    { payload: { proofId: "known", rows: Array.from({ length: 257 }, (_, i) => i) }, field: "payload.rows" },
  ],
});

describe("a proof in two steps", () => {
  test("every vector, byte for byte: root, values and paths", async () => {
    for (const { seed, m, k, n, root, openings } of vectors.proofs) {
      const node = openNode();
      const proof = await node.commit({ seed, m, k, n });
      expect(proof.root).toBe(root);
      const rows = await node.open(
        proof.proofId,
        openings.map(({ index }) => index),
      );
      expect(rows).toEqual(openings.map(({ index, values, path }) => ({ index, values, path })));
    }
  });

  test("the fields of step 1, and a whole proof that its verifier finds right", async () => {
    const { kernels } = await loadKernels();
    const { checksumAddress } = challengeContext().identity;
    const node = openNode();
    const proof = await node.commit();
    expect(Object.keys(proof).sort()).toEqual(
      [
        "address",
        "backend",
        "computeMs",
        "device",
        "expiresAt",
        "gflops",
        "proofId",
        "root",
        "signature",
        "totalMs",
      ].sort(),
    );
    expect(proof).toMatchObject({ address: checksumAddress, backend: "cpu", expiresAt: node.clock.now() + 60_000 });
    const drawn = drawRows(33, 5);
    const opened = (await node.open(proof.proofId, drawn)).map(
      ({ index, values, path }): OpenedRow => ({
        index,
        values: new Int32Array(Uint8Array.from(Buffer.from(values, "base64")).buffer),
        path: path.map((hash) => Buffer.from(hash, "hex")),
      }),
    );
    const commitment = { root: Buffer.from(proof.root, "hex"), signature: Buffer.from(proof.signature, "hex") };
    expect(proofFault(proofPayload.parse(payload), commitment, proof.address, drawn, opened, kernels)).toBeUndefined();
  });

  test("while a proof holds the place another is 429 with the seconds that are left; opening it, or its minute, frees it", async () => {
    const node = openNode();
    const first = await node.commit();
    await node.clock.advance(20_000);
    const refused = await node.commit().catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 429, code: "challenge_busy", headers: { "Retry-After": "40" } });
    await node.open(first.proofId, [1]);
    const second = await node.commit();
    expect(second.proofId).not.toBe(first.proofId);
    await node.clock.advance(60_000);
    expect(await refusalOf(node.open(second.proofId, [1]))).toStartWith("400 challenge_payload: payload.proofId: ");
    await node.commit();
  });

  test("opened twice: the second time there is no such proof; a refused opening does not count", async () => {
    const node = openNode();
    const { proofId } = await node.commit();
    expect(await refusalOf(node.open(proofId, [40]))).toStartWith("400 challenge_payload: payload.rows.0: ");
    await node.open(proofId, [1]);
    expect(await refusalOf(node.open(proofId, [1]))).toStartWith("400 challenge_payload: payload.proofId: ");
  });

  test("opened by two at once: one does, of the other there is no such proof", async () => {
    const node = openNode();
    const { proofId } = await node.commit();
    const both = await Promise.all([1, 2].map((row) => refusalOf(node.open(proofId, [row]))));
    expect(both.filter((outcome) => outcome === "answered")).toHaveLength(1);
  });

  test("an opening that fails shows nothing, and the proof can still be opened", async () => {
    let failures = 1;
    const { compute } = challengeContext();
    const failing: ComputePort = {
      ...compute,
      open: (job, ends) => (failures-- > 0 ? Promise.reject(new Error("memory")) : compute.open(job, ends)),
    };
    const port = openChallenges([matrixProof, matrixProofOpen], { context: challengeContext({ compute: failing }) });
    const { proofId } = (await port.run("MATRIX_PROOF", payload, signal)) as ProofAnswer;
    const opening = () => refusalOf(port.run("MATRIX_PROOF_OPEN", { proofId, rows: [3] }, signal));
    expect([await opening(), await opening()]).toEqual(["500 challenge_failed: MATRIX_PROOF_OPEN failed", "answered"]);
    expect(await opening()).toStartWith("400 challenge_payload: payload.proofId: ");
  });

  test("the device is one: while it computes a proof, a product is 429", async () => {
    const port = openChallenges([matrixProof, matrixMultiplication], { context: endless });
    const proof = port.run("MATRIX_PROOF", payload, signal);
    const refused = await port.run("MATRIX_MULTIPLICATION", { size: 2 }, signal).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 429, code: "challenge_busy", headers: { "Retry-After": "2" } });
    await proof;
    await port.run("MATRIX_MULTIPLICATION", { size: 2 }, signal);
  });

  test("a step that fails holds no place", async () => {
    const node = openNode();
    expect(await refusalOf(node.commit({ backend: "cuda" }))).toStartWith("400 engine_missing: payload.backend: ");
    await node.commit();
  });
});
