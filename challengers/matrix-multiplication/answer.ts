// The answer to MATRIX_MULTIPLICATION, made in the compute process: the product, its hash as the Go node makes it, samples.
import { setImmediate as otherWork } from "node:timers/promises";
import { JsonText } from "../../src/core/challenge.ts";
import {
  type BackendName,
  type ComputeDevice,
  gflopsOf,
  type Precision,
  type ProductFacts,
} from "../../src/core/compute.ts";
import type { Kernels, Multiplied, Product, Result } from "../../src/matrix/kernels.ts";
import { ChallengeError } from "../errors.ts";
import type { Task } from "./payload.ts";

/** What multiplies: an engine, as far as this needs it. */
export interface Multiplier {
  /** What is reported as having run. */
  readonly backend: BackendName;
  readonly device: ComputeDevice;
  multiply(product: Product, signal: AbortSignal): Promise<Multiplied>;
}

/** A larger C is not sent. */
const MAX_SENT_ROWS = 100;
/** Values printed at a time. */
const PRINTED = 4096;
const BYTES_PER_GB = 1024 ** 3;

export async function answerTask(
  task: Task,
  multiplier: Multiplier,
  kernels: Kernels,
  signal: AbortSignal,
): Promise<JsonText> {
  const { m, k, n } = task;
  const { c, computeMs } = await multiplier.multiply(productOf(task), signal);
  if (!c.every(Number.isFinite)) {
    throw new ChallengeError("challenge_payload", 400, `payload: the product is too large for ${task.precision}`);
  }
  const flops = 2 * m * k * n;
  const { backend, device } = multiplier;
  const sample = (row: number, col: number) => ({ row, col, value: c[row * n + col] });
  const gflops = gflopsOf(task, computeMs);
  const answer = {
    computationTimeMs: computeMs,
    gflops,
    backend,
    device: device.name,
    matrixSize: m,
    flops,
    deviceInfo: deviceInfo(backend, device),
    merkleRoot: await merkleRoot(c, kernels, signal),
    resultSamples: [sample(0, 0), sample(Math.floor(m / 2), Math.floor(n / 2))],
  };
  const ran: ProductFacts = { size: m, computeMs, gflops, backend };
  return new JsonText(jsonPieces(answer, m <= MAX_SENT_ROWS ? rowsOf(c, m, n) : undefined), ran);
}

function productOf({ m, k, n, matrices, precision }: Task): Product {
  const { a, b } = matrices ?? { a: randomMatrix(m * k), b: randomMatrix(k * n) };
  return { m, k, n, precision, a: inPrecision(a, precision), b: inPrecision(b, precision) };
}

function inPrecision(values: Float64Array, precision: Precision): Float64Array | Float32Array {
  return precision === "float32" ? new Float32Array(values) : values;
}

/** Uniform in −1 … 1. */
function randomMatrix(length: number): Float64Array {
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) values[i] = 2 * Math.random() - 1;
  return values;
}

/**
 * What the Go node calls a Merkle root, and today's scheduler compares: SHA-256 over all values, row by row, each
 * printed with six decimals and joined with nothing.
 */
export async function merkleRoot(c: Result, kernels: Kernels, signal: AbortSignal): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for (let at = 0; at < c.length; at += PRINTED) {
    hash.update(kernels.print6(new Float64Array(c.subarray(at, at + PRINTED))));
    // Seconds of a large product, in which it may be cancelled.
    await otherWork();
    signal.throwIfAborted();
  }
  return `0x${hash.digest("hex")}`;
}

/** Without a GPU it is as the Go node has it: "CPU", "N/A" and zeros, which its schedulers know. */
function deviceInfo(backend: string, device: ComputeDevice) {
  if (backend === "cpu") return { name: "CPU", computeCapability: "N/A", memoryGB: 0, cudaCores: 0 };
  return {
    name: device.name,
    computeCapability: device.computeCapability ?? "N/A",
    memoryGB: device.memoryBytes === undefined ? undefined : device.memoryBytes / BYTES_PER_GB,
    cudaCores: device.cudaCores,
    cudaVersion: device.cudaVersion,
    driverVersion: device.driverVersion,
  };
}

function rowsOf(c: Result, m: number, n: number): string[] {
  return Array.from({ length: m }, (_, i) => JSON.stringify([...c.subarray(i * n, (i + 1) * n)]));
}

function jsonPieces(answer: object, rows: readonly string[] | undefined): Uint8Array<ArrayBuffer>[] {
  const text = JSON.stringify(answer);
  if (!rows) return [Buffer.from(text)];
  return [Buffer.from(`${text.slice(0, -1)},"C":[`), Buffer.from(rows.join(",")), Buffer.from("]}")];
}
