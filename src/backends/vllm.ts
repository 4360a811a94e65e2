// vLLM: /health is 200 while its engine lives.
import type { BackendStrategy } from "./strategy.ts";

export const vllm = {
  kind: "vllm",
  providers: ["vllm"],
  probePath: "/health",
  healthy: (status) => status >= 200 && status < 300,
} as const satisfies BackendStrategy;
