// llama.cpp's server: /health is 503 while the model loads, and 200 after.
import type { BackendStrategy } from "./strategy.ts";

export const llamacpp = {
  kind: "llamacpp",
  providers: ["llamacpp"],
  probePath: "/health",
  healthy: (status) => status >= 200 && status < 300,
} as const satisfies BackendStrategy;
