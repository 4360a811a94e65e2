// llama.cpp's server: /health is 503 while the model loads, and 200 after.
import { openAiServer } from "./openai-server.ts";

export const llamacpp = openAiServer({
  kind: "llamacpp",
  providers: ["llamacpp"],
  probePath: "/health",
  healthy: (status) => status >= 200 && status < 300,
});
