// A compute process with the CPU engine, and beside it a CUDA family that behaves as the first argument says.
import { existsSync } from "node:fs";
import { EngineError } from "../../src/core/compute.ts";
import { cpuEngines } from "../../src/gpu/cpu.ts";
import type { EngineFamily } from "../../src/gpu/engine.ts";
import { runComputeProcess } from "../../src/node/compute-process.ts";

/** Of the products of src/node/compute.test.ts. */
const TESTED_ROWS = 2;

const OPEN: Readonly<Record<string, EngineFamily["open"]>> = {
  works: async () => [],
  /** Opened when the file of the second argument is there; until then it says that it is being opened. */
  waits: async () => {
    console.log("opening");
    while (!existsSync(process.argv[3] ?? "")) await Bun.sleep(5);
    return [];
  },
  crashes: async () => {
    process.kill(process.pid, "SIGSEGV");
    return [];
  },
  /** Right as long as it proves itself, then lost. */
  fails: async (options) => {
    const [cpu] = await cpuEngines.open(options);
    if (!cpu) return [];
    const { multiply, exact, close, device, precisions } = cpu;
    return [
      {
        kind: "cuda",
        device,
        precisions,
        exact,
        close,
        multiply(product, signal) {
          if (product.m === TESTED_ROWS)
            return Promise.reject(new EngineError("engine_failed", 500, "the device is lost"));
          return multiply(product, signal);
        },
      },
    ];
  },
};

await runComputeProcess([{ kind: "cuda", open: OPEN[process.argv[2] ?? ""] ?? (async () => []) }, cpuEngines]);
process.exit(0);
