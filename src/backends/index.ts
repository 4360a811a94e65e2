// THE BACKEND TABLE: every kind of model server; `provider` in model_backend.yaml chooses.
import type { BackendConfig } from "../config/models-schema.ts";
import type { ModelBackend } from "../core/backend.ts";
import { type BackendPorts, httpBackend } from "./http-backend.ts";
import { llamacpp } from "./llamacpp.ts";
import { ollama } from "./ollama.ts";
import { openai } from "./openai.ts";
import type { BackendStrategy } from "./strategy.ts";
import { vllm } from "./vllm.ts";

export const BACKENDS = [openai, vllm, ollama, llamacpp] as const satisfies readonly BackendStrategy[];

export function openBackend(config: BackendConfig, ports: BackendPorts): ModelBackend {
  const table: readonly BackendStrategy[] = BACKENDS;
  // The schema knows no provider that is not in the table; a test compares the two.
  const strategy = table.find(({ providers }) => providers.includes(config.provider)) ?? openai;
  return httpBackend(strategy, config, ports);
}
