// vLLM: /health is 200 while its engine lives.
import { z } from "zod";
import { openAiServer } from "./openai-server.ts";
import { contextCheck, keyCheck, queueCheck, tokens, told } from "./server-checks.ts";

const models = z.object({ data: z.array(z.object({ id: z.string(), max_model_len: tokens.nullish() })) });

export const vllm = openAiServer({
  kind: "vllm",
  providers: ["vllm"],
  probePath: "/health",
  healthy: (status) => status >= 200 && status < 300,
  checks: [
    keyCheck("vllm", { path: "/v1/models", asCalls: true }),
    queueCheck("vllm", {
      waiting: "vllm:num_requests_waiting",
      running: "vllm:num_requests_running",
      turnOn: "Start it without --disable-log-stats.",
    }),
    contextCheck(
      "vllm",
      "max_model_len of each model in its list: a request that is longer is refused.",
      "Start it with a larger --max-model-len, if its memory allows that.",
      async ({ server }, signal) => {
        const list = await told(server, "/v1/models", models, signal);
        if (typeof list === "string") return list;
        return new Map(list.data.flatMap(({ id, max_model_len }) => (max_model_len ? [[id, max_model_len]] : [])));
      },
    ),
  ],
});
