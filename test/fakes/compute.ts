// The compute process's work, done in the test's own: the same operations and engines, without a process between.
import { JsonText } from "../../src/core/challenge.ts";
import type { Committed, ComputePort } from "../../src/core/compute.ts";
import { cpuEngines } from "../../src/gpu/cpu.ts";
import { operationsOf } from "../../src/node/compute-process.ts";

const NOTHING = new Uint8Array(0);

export function inProcess(memoryBytes = 256 * 1024 * 1024): ComputePort {
  const operations = operationsOf([cpuEngines]);
  const never = new AbortController().signal;
  const started = (async () => {
    await operations.start?.({ threads: 2, softwareAdapter: false, memoryBytes }, NOTHING, never);
    await operations.openEngines?.("cpu", NOTHING, never);
  })();

  async function call(op: string, input: unknown, body: Uint8Array, signal: AbortSignal): Promise<unknown> {
    await started;
    return operations[op]?.(input, body, signal);
  }
  async function json(op: string, input: unknown, body: Uint8Array, signal: AbortSignal): Promise<JsonText> {
    const answer = await call(op, input, body, signal);
    if (answer instanceof JsonText) return answer;
    throw new Error(`${op} answers no JSON text`);
  }
  return {
    multiply: (task, signal) => json("multiply", task, NOTHING, signal),
    async multiplyBody(body, signal) {
      const answer = await call("multiplyBody", undefined, body, signal);
      return answer instanceof JsonText ? answer : (answer as { otherType: string });
    },
    commit: async (job, signal) => (await call("commit", job, NOTHING, signal)) as Committed,
    open: (job, signal) => json("open", job, NOTHING, signal),
  };
}
