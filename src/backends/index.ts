// THE BACKEND TABLE: every kind of model server; `provider` in model_backend.yaml chooses.
import type { BackendConfig } from "../config/models-schema.ts";
import type { ModelBackend } from "../core/backend.ts";
import type { CheckText } from "../core/check.ts";
import { anthropic } from "./anthropic/anthropic.ts";
import { fedaiRunner } from "./fedai-runner.ts";
import { llamacpp } from "./llamacpp.ts";
import { ollama } from "./ollama/ollama.ts";
import { openai } from "./openai.ts";
import { openProcess, PROCESS_CHECKS } from "./process/process.ts";
import type { BackendStrategy, ProcessPorts } from "./strategy.ts";
import { vllm } from "./vllm.ts";

/** Those that speak the OpenAI API, whose calls and answers pass as they are. */
export const OPENAI_SERVERS = [openai, vllm, ollama, llamacpp] as const;
export const BACKENDS = [...OPENAI_SERVERS, anthropic, fedaiRunner] as const satisfies readonly BackendStrategy[];

/** What each kind brings to the doctor. */
export const BACKEND_CHECK_TEXTS: readonly CheckText[] = [
  ...BACKENDS.flatMap(({ checks }): readonly CheckText[] => checks),
  ...PROCESS_CHECKS,
];

export function openBackend(config: BackendConfig, ports: ProcessPorts): ModelBackend {
  if (config.provider === "process") return openProcess(config, ports);
  const { provider } = config;
  const table: readonly BackendStrategy[] = BACKENDS;
  // The schema knows no provider that is not in the table; a test compares the two.
  const strategy = table.find(({ providers }) => providers.includes(provider)) ?? openai;
  return strategy.open(config, ports);
}
