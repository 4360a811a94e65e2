// Ollama: no health route; the version is what it tells without loading a model.
import type { BackendStrategy } from "./strategy.ts";

export const ollama = {
  kind: "ollama",
  providers: ["ollama"],
  probePath: "/api/version",
  healthy: (status) => status >= 200 && status < 300,
} as const satisfies BackendStrategy;
