// What the compute process does: opens the engines and answers the node's calls with them. Composed here, as the node is.
import { freemem } from "node:os";
import { z } from "zod";
import { parseEnvelope } from "../../challengers/envelope.ts";
import { answerTask } from "../../challengers/matrix-multiplication/answer.ts";
import { matrixMultiplication } from "../../challengers/matrix-multiplication/challenger.ts";
import type { Task } from "../../challengers/matrix-multiplication/payload.ts";
import { commit, open, PANEL_BYTES } from "../../challengers/matrix-proof/work.ts";
import { parseInput } from "../../challengers/run-challenge.ts";
import { BACKEND_NAMES, EngineError, type Precision, type ProofJob } from "../core/compute.ts";
import { messageOf } from "../core/errors.ts";
import { benchEngine, type Measured } from "../gpu/bench.ts";
import type { EngineFamily, MatmulEngine } from "../gpu/engine.ts";
import { backendOf, Engines, type MissingEngine } from "../gpu/engines.ts";
import { type Operation, serveCalls } from "../gpu/process/server.ts";
import { loadKernels } from "../matrix/load.ts";

const bytes = z.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array);
const floats = z.custom<Float64Array>((value) => value instanceof Float64Array);
const side = z.int().min(1);
const shape = { m: side, k: side, n: side, backend: z.enum(BACKEND_NAMES) };

export const computeOptions = z.object({ threads: z.int(), softwareAdapter: z.boolean(), memoryBytes: z.number() });
export type ComputeOptions = z.output<typeof computeOptions>;

const task = z.object({
  ...shape,
  precision: z.enum(["float64", "float32"]),
  matrices: z.union([z.undefined(), z.object({ a: floats, b: floats })]),
});
const proofJob = z.object({ ...shape, seed: bytes });
const benchJob = z.object({ sizes: z.array(side), precisions: z.array(z.enum(["float64", "float32", "int8"])) });
const openJob = z.object({ ...shape, seed: bytes, rows: z.array(z.int()), paths: z.array(z.array(bytes)) });

/** By the names that src/node/compute.ts calls. */
export function operationsOf(families: readonly EngineFamily[]): Readonly<Record<string, Operation>> {
  const engines = new Engines();
  let options: ComputeOptions = { threads: 0, softwareAdapter: false, memoryBytes: 0 };

  async function engineFor(
    job: { backend: ProofJob["backend"] },
    precision: Precision,
    bytesOn: (kind: MatmulEngine["kind"]) => number,
  ) {
    const engine = engines.pick(job.backend, precision);
    refuseTooLarge(bytesOn(engine.kind), options.memoryBytes);
    return { ...bound(engine), backend: backendOf(engine) };
  }

  async function multiply(asked: Task, signal: AbortSignal) {
    const { kernels } = await loadKernels();
    return answerTask(asked, await engineFor(asked, asked.precision, () => productBytes(asked)), kernels, signal);
  }

  return {
    async start(input) {
      options = computeOptions.parse(input);
      return { kinds: families.map(({ kind }) => kind), fallback: (await loadKernels()).fallback };
    },
    /** One family at a call: one whose driver takes this process with it is then known. */
    async openEngines(input) {
      const family = families.find(({ kind }) => kind === input);
      const missing = family ? await engines.open(family, options) : [];
      const all = engines.all().map((engine) => ({
        backend: backendOf(engine),
        device: engine.device.name,
        api: engine.device.api,
      }));
      return { engines: all, missing };
    },
    multiply: (input, _body, signal) => multiply(task.parse(input), signal),
    multiplyBody(_input, body, signal) {
      refuseTooLarge(BYTES_PARSED_PER_BYTE * body.length, options.memoryBytes);
      const { type, payload } = parseEnvelope(body);
      if (type !== matrixMultiplication.type) return Promise.resolve({ otherType: type });
      return multiply(parseInput(matrixMultiplication, payload), signal);
    },
    async bench(input, _body, signal) {
      const { sizes, precisions } = benchJob.parse(input);
      const measured: Measured[] = [];
      const missing: MissingEngine[] = [];
      for (const engine of engines.all()) {
        try {
          measured.push(...(await benchEngine(engine, sizes, precisions, signal)));
        } catch (error) {
          signal.throwIfAborted();
          missing.push({ kind: engine.kind, why: messageOf(error) });
        }
      }
      return { measured, missing };
    },
    async commit(input, _body, signal) {
      const job = proofJob.parse(input);
      return commit(job, await engineFor(job, "int8", (kind) => proofBytes(job, kind)), signal);
    },
    async open(input, _body, signal) {
      const job = openJob.parse(input);
      return open(job, await engineFor(job, "int8", (kind) => proofBytes(job, kind)), signal);
    },
  };
}

/** Serves until the node that started this process is gone. */
export function runComputeProcess(families: readonly EngineFamily[]): Promise<void> {
  return serveCalls(operationsOf(families));
}

/** What may still be taken: of this machine, and of the container that this runs in. A Mac frees memory when it is asked for. */
function free(): number {
  if (process.platform === "darwin") return Number.POSITIVE_INFINITY;
  const limit = process.constrainedMemory();
  const ofContainer = limit > 0 ? limit - process.memoryUsage.rss() : Number.POSITIVE_INFINITY;
  return Math.min(freemem(), ofContainer);
}

function bound(engine: MatmulEngine) {
  return {
    device: engine.device,
    multiply: engine.multiply.bind(engine),
    exact: engine.exact.bind(engine),
  };
}

/** A and B as they came, and once more in float32; C, and B as the kernels pack it. */
function productBytes({ m, k, n, precision }: Task): number {
  const own = precision === "float64" ? 8 : 4;
  return 8 * (m * k + k * n) + (own === 4 ? 4 * (m * k + k * n) : 0) + own * (k * n + m * n);
}

/** What parsing makes of a byte: its slices, the whole, the text, and 8 bytes for a number of two characters. */
const BYTES_PARSED_PER_BYTE = 8;

/** Two panels of C; on the CPU also B. A GPU's own memory is its engine's to look at. */
function proofBytes({ m, k, n }: ProofJob, kind: MatmulEngine["kind"]): number {
  return 2 * Math.min(PANEL_BYTES, 4 * m * n) + (kind === "cpu" ? k * n : 0);
}

function refuseTooLarge(needed: number, most: number): void {
  const mb = (size: number) => `${Math.ceil(size / 1024 / 1024)} MB`;
  if (needed > most) {
    const message = `payload: the product needs ${mb(needed)} of memory, and this node gives challenges ${mb(most)}`;
    throw new EngineError("engine_memory", 400, message, { hint: "challenges.memory bounds it." });
  }
  if (needed > free()) {
    throw new EngineError(
      "engine_memory",
      503,
      `the product needs ${mb(needed)} of memory, and too little is free now`,
      {
        headers: { "Retry-After": "30" },
      },
    );
  }
}
