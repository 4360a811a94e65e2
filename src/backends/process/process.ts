// A model server that is a program of the operator's: started by the node, spoken to in JSON lines, in a sandbox.
import { resolve } from "node:path";
import { z } from "zod";
import { labelOf } from "../../config/backend-label.ts";
import type { ProcessConfig } from "../../config/models-schema.ts";
import type { BackendCall, ModelBackend } from "../../core/backend.ts";
import { type CheckAnswer, type CheckText, ok } from "../../core/check.ts";
import { createRunTool } from "../../lib/run-tool.ts";
import { SANDBOX_ENV, sandboxed } from "../../lib/sandbox.ts";
import { UnsupportedRequest } from "../openai-request.ts";
import type { ProcessPorts } from "../strategy.ts";
import { translated } from "../translated.ts";
import type { Program } from "./life.ts";
import { createNoise } from "./noise.ts";
import { Runner } from "./runner.ts";

const KIND = "process";

const SANDBOX: CheckText = {
  id: "backend.process.sandbox",
  title: "The runner's sandbox can be made",
  looksAt:
    "Whether the programs that make a sandbox are there and may do so, and what of the files the runner would see.",
  mend: "The message says what is missing: install bubblewrap, or put the runner into a folder that has nothing of the node's home.",
};
export const PROCESS_CHECKS: readonly CheckText[] = [SANDBOX];

/** What the node must know of a request to form its answer; all else is between the caller and the runner. */
const request = z.object({
  model: z.string().default(""),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
});

export function openProcess(config: ProcessConfig, ports: ProcessPorts): ModelBackend {
  const { clock, log, ending, timeouts } = ports;
  const { startTimeout } = config.runner;
  const label = labelOf(config);
  const runner = new Runner({
    ...{ clock, log, label, timeouts, startTimeout },
    noise: createNoise(label, log, clock),
    program: () => programOf(config, ports),
  });
  ending.addEventListener("abort", () => runner.stop(), { once: true });
  if (ending.aborted) runner.stop();
  return {
    kind: KIND,
    label,
    send: (call, signal) =>
      translated(call, clock, readRequest, ({ path }) => runner.ask(path, call.body ?? new Uint8Array(0), signal)),
    models: async (signal) => (await runner.ready(signal)).models,
    async probe(signal) {
      await runner.ready(signal);
    },
    checks: () => [{ ...SANDBOX, run: () => startable(label, () => programOf(config, ports)) }],
  };
}

/** Nothing is started for it. */
async function startable(label: string, program: () => Promise<Program>): Promise<CheckAnswer> {
  await program();
  return ok(label);
}

function readRequest({ path, body }: BackendCall) {
  if (path !== "/v1/chat/completions" && path !== "/v1/completions") throw new UnsupportedRequest(`no route ${path}`);
  try {
    const { model, stream, stream_options } = request.parse(JSON.parse(Buffer.from(body ?? []).toString()));
    return { path, model, stream: stream === true, includeUsage: stream_options?.include_usage === true } as const;
  } catch {
    throw new UnsupportedRequest("the body as it is");
  }
}

/** Throws SandboxError. */
async function programOf({ runner }: ProcessConfig, ports: ProcessPorts): Promise<Program> {
  const { home, env, clock, platform } = ports;
  const { command, sandbox } = runner;
  const folder = resolve(home, runner.folder);
  const own: Record<string, string> = {};
  for (const { name, value } of runner.environment) {
    const text = value?.reveal() ?? env[name];
    if (text !== undefined) own[name] = text;
  }
  if (sandbox.mode === "off") {
    const { PATH = SANDBOX_ENV.PATH, HOME = folder } = env;
    return { argv: command, env: { PATH, LANG: SANDBOX_ENV.LANG, HOME, ...own }, folder };
  }
  const runTool = createRunTool({ clock, env, platform });
  const {
    readable,
    writable,
    devices,
    memory: memoryBytes,
    addressSpace: addressSpaceBytes,
    processes,
    cpuTime,
  } = sandbox;
  const policy = {
    ...{ folder, readable, writable, devices, memoryBytes, addressSpaceBytes, processes, hidden: home },
    network: sandbox.network === "host",
    cpuSeconds: cpuTime === undefined ? undefined : Math.ceil(cpuTime / 1000),
  };
  const argv = await sandboxed(command, policy, { runTool, platform, root: process.getuid?.() === 0 });
  return { argv, env: { ...SANDBOX_ENV, ...own }, folder: "/" };
}
