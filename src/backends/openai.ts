// Any server that speaks the OpenAI API and says nothing of its health but by answering.
import { openAiServer } from "./openai-server.ts";
import { keyCheck } from "./server-checks.ts";

export const openai = openAiServer({
  kind: "openai",
  providers: ["openai", "custom", "fxn"],
  probePath: "/v1/models",
  // 401 and 404 come from a server that lives: not each has the route, and a key may be for inference only.
  healthy: (status) => status < 500,
  checks: [keyCheck("openai", { path: "/v1/models", asCalls: false })],
});
