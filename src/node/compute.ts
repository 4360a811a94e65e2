// The node's way to its compute process: starts it, asks it, and says in the log which engines there are.
import { z } from "zod";
import { JsonText } from "../core/challenge.ts";
import { BACKEND_NAMES, type Committed, type ComputePort, type Precision, type ProductFacts } from "../core/compute.ts";
import { messageOf } from "../core/errors.ts";
import type { EngineStatus } from "../core/status.ts";
import { type Answer, ComputeProcess, type ComputeProcessPorts, type FirstCall } from "../gpu/process/caller.ts";
import { ComputeError } from "../gpu/process/errors.ts";
import type { ComputeOptions } from "./compute-process.ts";

const NOTHING = new Uint8Array(0);
const bytes = z.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array);

const started = z.object({ kinds: z.array(z.string()), fallback: z.string().optional() });
const opened = z.object({
  engines: z.array(z.object({ backend: z.enum(BACKEND_NAMES), device: z.string(), api: z.string() })),
  missing: z.array(z.object({ kind: z.string(), why: z.string() })),
});
const productFacts: z.ZodType<ProductFacts> = z.object({
  size: z.number(),
  computeMs: z.number(),
  gflops: z.number(),
  backend: z.enum(BACKEND_NAMES),
});
const otherChallenge = z.object({ otherType: z.string() });
const committed: z.ZodType<Committed> = z.object({
  levels: z.array(bytes),
  computeMs: z.number(),
  backend: z.enum(BACKEND_NAMES),
  device: z.string(),
});

const benched = z.object({
  measured: z.array(
    z.object({
      engine: z.string(),
      device: z.string(),
      api: z.string(),
      precision: z.enum(["float64", "float32", "int8"]),
      size: z.number(),
      gflops: z.number(),
    }),
  ),
  missing: opened.shape.missing,
});
export type Benched = z.output<typeof benched>;

/** Opening compiles kernels, and a driver may wake its device first. */
const OPEN_LIMIT_MS = 60_000;
/** Once may have been the operating system's doing. */
const MAX_LOSSES = 2;

export interface MissingFamily {
  readonly kind: string;
  readonly why: string;
}

export interface Compute extends ComputePort {
  /** Opens the engines before they are needed; what there is and is not stands in the log. */
  warmUp(): void;
  /** Those that were opened; none while they are being opened. */
  engines(): readonly EngineStatus[];
  /** For what is called from now on; what is being computed ends as it began. */
  changeTo(options: ComputeOptions): void;
  /** Measures every engine; what is missing or failed says why. */
  bench(sizes: readonly number[], precisions: readonly Precision[], signal: AbortSignal): Promise<Benched>;
  stop(): void;
}

/** @param onProduct gets the facts of every product that was answered */
export function createCompute(
  ports: Omit<ComputeProcessPorts, "greet">,
  begun: ComputeOptions,
  onProduct: (facts: ProductFacts) => void,
): Compute {
  const { log, clock } = ports;
  const compute = new ComputeProcess({ ...ports, greet });
  let options = begun;
  let engines: readonly EngineStatus[] = [];
  let missing: readonly MissingFamily[] = [];
  /** How often a family's driver took a process with it, or hung, and what was last heard of it. */
  const losses = new Map<string, { times: number; why: string }>();

  async function greet(first: FirstCall, end: () => void): Promise<void> {
    const own = options;
    // Another process is greeted by then, and is the only one that is spoken of.
    const isLeft = () => options !== own;
    engines = [];
    missing = [];
    const { kinds, fallback } = started.parse((await first("start", own, new AbortController().signal)).value);
    if (isLeft()) return;
    if (fallback !== undefined) {
      const hint = "set TMPDIR to a folder from which programs may be loaded";
      log.warn({ why: fallback, hint }, "the CPU engine is WebAssembly on one core");
    }
    for (const kind of kinds) {
      const loss = losses.get(kind);
      if (loss && loss.times >= MAX_LOSSES) missing = [...missing, { kind, why: loss.why }];
      else if (!(await openFamily(first, kind, isLeft, end))) return;
    }
    for (const engine of engines) log.info({ ...engine }, "matmul engine ready");
    for (const { kind, why } of missing) log.info({ engine: kind, why }, "matmul engine not there");
  }

  /** False when the process is lost with it, or left for another: that says nothing of the family. */
  async function openFamily(first: FirstCall, kind: string, isLeft: () => boolean, end: () => void): Promise<boolean> {
    const limit = new AbortController();
    const cancelTimer = clock.after(OPEN_LIMIT_MS, () => limit.abort(new Error("it took too long to open")));
    try {
      const found = opened.parse((await first("openEngines", kind, limit.signal)).value);
      if (isLeft()) return false;
      engines = found.engines;
      missing = [...missing, ...found.missing];
      return true;
    } catch (error) {
      if (isLeft() || (error instanceof ComputeError && error.code === "compute_stopped")) return false;
      const times = (losses.get(kind)?.times ?? 0) + 1;
      log.error({ engine: kind, times, error: messageOf(error) }, "opening an engine ended its process");
      losses.set(kind, { times, why: messageOf(error) });
      end();
      return false;
    } finally {
      cancelTimer();
    }
  }

  function answered({ value, slices }: Answer): JsonText {
    const facts = productFacts.parse(value);
    onProduct(facts);
    return new JsonText(slices, facts);
  }

  function warmUp(): void {
    try {
      compute.start();
    } catch (error) {
      log.error({ error: messageOf(error) }, "the engines could not be opened");
    }
  }

  return {
    warmUp,
    engines: () => engines,
    changeTo(next) {
      if (Bun.deepEquals(next, options)) return;
      options = next;
      // What an adapter did to a process says nothing of those that are allowed now.
      losses.clear();
      if (compute.retire()) warmUp();
    },
    stop: () => compute.stop(),
    async bench(sizes, precisions, signal) {
      const { measured, missing: failed } = benched.parse(
        (await compute.call("bench", { sizes, precisions }, NOTHING, signal)).value,
      );
      return { measured, missing: [...missing, ...failed] };
    },
    multiply: async (task, signal) => answered(await compute.call("multiply", task, NOTHING, signal)),
    async multiplyBody(body, signal) {
      const answer = await compute.call("multiplyBody", undefined, body, signal);
      return answer.slices.length > 0 ? answered(answer) : otherChallenge.parse(answer.value);
    },
    commit: async (job, signal) => committed.parse((await compute.call("commit", job, NOTHING, signal)).value),
    open: async (job, signal) =>
      new JsonText((await compute.call("open", job, NOTHING, signal)).slices, { backend: job.backend }),
  };
}
