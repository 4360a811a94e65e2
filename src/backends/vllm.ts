// vLLM: /health is 200 while its engine lives.
import { openAiServer } from "./openai-server.ts";

export const vllm = openAiServer({
  kind: "vllm",
  providers: ["vllm"],
  probePath: "/health",
  healthy: (status) => status >= 200 && status < 300,
});
