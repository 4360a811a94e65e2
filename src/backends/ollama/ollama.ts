// Ollama: no health route; the version is what it tells without loading a model.

import { openAiServer } from "../openai-server.ts";
import { OLLAMA_CHECKS } from "./checks.ts";

export const ollama = openAiServer({
  kind: "ollama",
  providers: ["ollama"],
  probePath: "/api/version",
  healthy: (status) => status >= 200 && status < 300,
  checks: OLLAMA_CHECKS,
});
