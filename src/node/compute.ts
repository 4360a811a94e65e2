// The node's way to its compute process: starts it, asks it, and says in the log which engines there are.
import { z } from "zod";
import { JsonText } from "../core/challenge.ts";
import { BACKEND_NAMES, type Committed, type ComputePort } from "../core/compute.ts";
import { messageOf } from "../core/errors.ts";
import { type Answer, ComputeProcess, type ComputeProcessPorts } from "../gpu/process/caller.ts";
import type { ComputeOptions } from "./compute-process.ts";

const NOTHING = new Uint8Array(0);
const bytes = z.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array);

const report = z.object({
  engines: z.array(z.object({ backend: z.enum(BACKEND_NAMES), name: z.string(), api: z.string() })),
  missing: z.array(z.object({ kind: z.string(), why: z.string() })),
  fallback: z.string().optional(),
});
const committed: z.ZodType<Committed> = z.object({
  levels: z.array(bytes),
  computeMs: z.number(),
  backend: z.enum(BACKEND_NAMES),
  device: z.string(),
});

export interface Compute extends ComputePort {
  /** Opens the engines before they are needed; what there is and is not stands in the log. */
  warmUp(): void;
  stop(): void;
}

export function createCompute(ports: Omit<ComputeProcessPorts, "greet">, options: ComputeOptions): Compute {
  const { log } = ports;
  const compute = new ComputeProcess({ ...ports, greet });

  /** Before any other call, in each process anew: calls are answered in order. */
  async function greet(call: (op: string, input: unknown) => Promise<Answer>): Promise<void> {
    try {
      const { engines, missing, fallback } = report.parse((await call("start", options)).value);
      for (const { backend, name, api } of engines) log.info({ backend, device: name, api }, "matmul engine ready");
      for (const { kind, why } of missing) log.info({ engine: kind, why }, "matmul engine not there");
      if (fallback !== undefined) log.warn({ why: fallback }, "the CPU engine is WebAssembly on one core");
    } catch (error) {
      log.error({ error: messageOf(error) }, "the engines could not be opened");
    }
  }

  const json = async (op: string, input: unknown, body: Uint8Array, signal: AbortSignal) =>
    new JsonText((await compute.call(op, input, body, signal)).slices);

  return {
    warmUp() {
      try {
        compute.start();
      } catch (error) {
        log.error({ error: messageOf(error) }, "the engines could not be opened");
      }
    },
    stop: () => compute.stop(),
    multiply: (task, signal) => json("multiply", task, NOTHING, signal),
    multiplyBody: (body, signal) => json("multiplyBody", undefined, body, signal),
    commit: async (job, signal) => committed.parse((await compute.call("commit", job, NOTHING, signal)).value),
    open: (job, signal) => json("open", job, NOTHING, signal),
  };
}
