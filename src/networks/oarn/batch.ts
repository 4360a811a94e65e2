// Batch tasks: an input that holds many, and the manifest of their results, whose hashes make one.
import { keccak256, stringToBytes } from "viem/utils";
import { z } from "zod";
import type { Hex } from "../../core/address.ts";
import { OarnError } from "./errors.ts";
import { type Exact, exactOf, parseExact, writeExact } from "./exact-json.ts";
import { aggregatedHash } from "./hashes.ts";

export interface BatchInput {
  readonly id: bigint;
  /** Compact JSON of the parameters: what the model gets. */
  readonly bytes: Uint8Array;
}

export interface Batch {
  readonly modelCid: string;
  readonly inputs: readonly BatchInput[];
}

export interface BatchResult {
  readonly id: bigint;
  readonly output: Exact;
  readonly hash: Hex;
}

/** Bytes, of a manifest and of an output: this process does nothing else while it reads, for a second at most. */
const MAX_LENGTH = 4 * 1024 * 1024;
const TYPE = "batch_input_manifest";
const MAX_INPUTS = 100_000;

const count = z.bigint().min(0n);
const map = z.instanceof(Map<string, Exact>);
const manifest = z.object({
  version: z.literal("1.0"),
  type: z.literal(TYPE),
  model_cid: z.string().min(1),
  inputs: z.array(map).max(MAX_INPUTS),
  total_count: count,
  checksum: z.string(),
});
const input = z.object({ id: count, params: z.custom<Exact>((value) => value !== undefined) });

/**
 * undefined: an ordinary input.
 * @throws OarnError when it is larger than this node reads: taken for an ordinary one, its result would be another
 */
export function readBatch(bytes: Uint8Array): Batch | undefined {
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(TYPE)) return undefined;
  if (bytes.length > MAX_LENGTH)
    throw new OarnError("oarn_content", 422, `a batch of ${bytes.length} bytes: ${MAX_LENGTH} are read`);
  const json = tryJson(bytes);
  if (!(json instanceof Map)) return undefined;
  const read = manifest.safeParse(Object.fromEntries(json));
  if (!read.success || BigInt(read.data.inputs.length) !== read.data.total_count) return undefined;
  const inputs = z.array(input).safeParse(read.data.inputs.map((one) => Object.fromEntries(one)));
  if (!inputs.success) return undefined;
  return {
    modelCid: read.data.model_cid,
    inputs: inputs.data.map(({ id, params }) => ({ id, bytes: stringToBytes(writeExact(params)) })),
  };
}

/** @param output what the model gave for that input */
export function batchResult(id: bigint, output: Uint8Array): BatchResult {
  const parsed = tryJson(output);
  const value =
    parsed === undefined
      ? exactOf({ output_size: BigInt(output.length), raw_output: Buffer.from(output).toString("hex") })
      : parsed;
  return { id, output: value, hash: keccak256(stringToBytes(writeExact(value))) };
}

export interface ManifestFacts {
  readonly taskId: bigint;
  readonly modelCid: string;
  readonly node: string;
  readonly framework: string;
  readonly version: string;
  readonly totalMs: number;
}

/** The hash that is submitted, and the document that it stands for. */
export function batchManifest(results: readonly BatchResult[], facts: ManifestFacts): { hash: Hex; bytes: Uint8Array } {
  const byId = results.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const hash = aggregatedHash(byId.map((result) => result.hash));
  const document = exactOf({
    version: "1.0",
    type: "batch_result_manifest",
    task_id: facts.taskId,
    input_manifest_cid: facts.modelCid,
    node_address: facts.node,
    results: results.map(({ id, output, hash: own }) => exactOf({ input_id: id, output, hash: own })),
    aggregated_hash: hash,
    execution_metadata: exactOf({
      total_time_ms: BigInt(Math.round(facts.totalMs)),
      parallel_workers: 1n,
      framework: facts.framework,
      node_version: facts.version,
    }),
  });
  return { hash, bytes: stringToBytes(writeExact(document)) };
}

function tryJson(bytes: Uint8Array): Exact | undefined {
  if (bytes.length > MAX_LENGTH) return undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return parseExact(text, { maxLength: MAX_LENGTH });
  } catch {
    return undefined;
  }
}
