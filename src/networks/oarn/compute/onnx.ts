// Runs ONNX models: each in a process of its own, in a sandbox, or not at all where the operator wants one and there is none.
import type { Clock } from "../../../core/clock.ts";
import { ENDS_WITH_NODE } from "../../../lib/ends-with-node.ts";
import { createRunTool } from "../../../lib/run-tool.ts";
import { SANDBOX_ENV, type SandboxPolicy, sandboxed } from "../../../lib/sandbox.ts";
import type { Compute, ModelLimits, RunningModel } from "./compute.ts";
import { ModelError } from "./model-error.ts";
import { ModelProcess, type ModelProgram } from "./model-process.ts";

export interface OnnxPorts {
  /** This program with the word that makes it the process of a model, and what of the disk that needs, absolute. */
  readonly program: { readonly command: readonly string[]; readonly readable: readonly string[] };
  /** off: the engine's own bounds are all there is: WebAssembly has no files and no network, and its memory an end. */
  readonly sandbox: "required" | "off";
  /** Which no model may see. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly clock: Clock;
}

/** Without them a process of this program does not start on Windows. */
const PASSED_ON = ["PATH", "SystemRoot", "TEMP", "TMP"];
const MB = 1024 * 1024;
/** What the engine needs to begin with. */
const LEAST_MEMORY = 64 * MB;
const MOST_MEMORY = 4096 * MB;
/** What the runtime reserves of itself, whatever it runs. */
const RUNTIME_MEMORY = 3072 * MB;
const TRIAL: ModelLimits = { memoryBytes: LEAST_MEMORY, timeMs: 10_000, cpuMs: 10_000, outputBytes: 0 };

export function openOnnx(ports: OnnxPorts): Compute {
  async function open(model: Uint8Array, wanted: ModelLimits, signal: AbortSignal): Promise<RunningModel> {
    const memoryBytes = Math.min(Math.max(wanted.memoryBytes, LEAST_MEMORY), MOST_MEMORY);
    if (model.length >= memoryBytes) {
      const message = `the model has ${model.length} bytes: models may take ${memoryBytes} of memory`;
      throw new ModelError("model_declined", message);
    }
    const limits = { ...wanted, memoryBytes };
    const program = await programOf(limits, ports);
    signal.throwIfAborted();
    const process = new ModelProcess(program, limits, ports.clock);
    await process.ask("model", model, signal);
    return {
      run: (input, during) => process.ask("input", input, during),
      close: () => void process.end(new ModelError("model_spent", "the model is closed")),
    };
  }

  return {
    frameworks: ["onnx"],
    open,
    async check() {
      await programOf(TRIAL, ports);
    },
  };
}

/** Throws SandboxError. */
async function programOf(limits: ModelLimits, ports: OnnxPorts): Promise<ModelProgram> {
  const { program, sandbox, home, env, platform, clock } = ports;
  const command = [...program.command, String(limits.memoryBytes), String(limits.outputBytes)];
  if (sandbox === "off") {
    const passed = PASSED_ON.map((name) => [name, env[name] ?? ""] as const).filter(([, value]) => value !== "");
    return { argv: command, env: { ...Object.fromEntries(passed), ...ENDS_WITH_NODE } };
  }
  const policy: SandboxPolicy = {
    ...{ folder: "/usr", readable: program.readable, writable: [], devices: [], network: false, hidden: home },
    // The bound that holds is that of the engine's own memory. The runtime reserves up to twice as much for it.
    memoryBytes: RUNTIME_MEMORY + 3 * limits.memoryBytes,
    addressSpaceBytes: undefined,
    processes: 256,
    cpuSeconds: Math.ceil(limits.cpuMs / 1000),
  };
  const runTool = createRunTool({ clock, env, platform });
  const argv = await sandboxed(command, policy, { runTool, platform, root: process.getuid?.() === 0 });
  return { argv, env: SANDBOX_ENV };
}
