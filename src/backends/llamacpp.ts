// llama.cpp's server: /health is 503 while the model loads, and 200 after.
import { z } from "zod";
import { openAiServer } from "./openai-server.ts";
import { contextCheck, keyCheck, queueCheck, tokens, told } from "./server-checks.ts";

const props = z.object({ default_generation_settings: z.object({ n_ctx: tokens }) });

export const llamacpp = openAiServer({
  kind: "llamacpp",
  providers: ["llamacpp"],
  probePath: "/health",
  healthy: (status) => status >= 200 && status < 300,
  checks: [
    // Its list of models is for everybody.
    keyCheck("llamacpp", { path: "/props", asCalls: true }),
    queueCheck("llamacpp", {
      waiting: "llamacpp:requests_deferred",
      running: "llamacpp:requests_processing",
      turnOn: "Start it with --metrics.",
      // Its /slots leaves none, and does not say who waits.
      trace: "Each look at them begins the averages of its throughput gauges anew, those of your own Prometheus too.",
    }),
    contextCheck(
      "llamacpp",
      "n_ctx of its /props: what one slot has of the context, which all slots share.",
      "Start it with a larger --ctx-size, or with fewer slots (--parallel).",
      async ({ server }, signal) => {
        const found = await told(server, "/props", props, signal);
        return typeof found === "string" ? found : new Map([["each slot", found.default_generation_settings.n_ctx]]);
      },
    ),
  ],
});
