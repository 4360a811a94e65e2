// What Ollama tells of the models that it has loaded: where they lie, and how long a request may be. Nothing is loaded for it.
import { z } from "zod";
import { type CheckKind, ok, skip, warn } from "../../core/check.ts";
import { type HttpServer, parsed, readAll } from "../http-server.ts";
import { LITTLE_CONTEXT, ofText, type ServerLook, tokens, told } from "../server-checks.ts";

const size = z.number().nonnegative();
const loaded = z.object({
  models: z.array(z.object({ name: z.string(), size, size_vram: size.default(0), context_length: tokens.nullish() })),
});
const details = z.object({ model_info: z.record(z.string(), z.unknown()).nullish() });

const MAX_DETAILS_BYTES = 4 * 1024 * 1024;
/** Each costs a question of its own. */
const MOST_MODELS = 8;

const CONTEXT_MEND = "Start Ollama with a larger OLLAMA_CONTEXT_LENGTH, or give the model a num_ctx in its Modelfile.";
const MEMORY_MEND =
  "Choose a smaller quantisation or context, load fewer models at once (OLLAMA_MAX_LOADED_MODELS), or see in Ollama's log why it found no GPU.";

export const OLLAMA_CHECKS: readonly CheckKind<ServerLook>[] = [
  {
    id: "backend.ollama.memory",
    title: "The loaded models are in the GPU's memory",
    looksAt:
      "Its /api/ps: how much of each model that is loaded now lies in the GPU's memory. The rest is computed on the CPU.",
    mend: MEMORY_MEND,
    async run({ server }, signal) {
      const now = await told(server, "/api/ps", loaded, signal);
      if (typeof now === "string") return skip(now);
      const { label } = server;
      const outside = now.models.filter((model) => model.size_vram < model.size);
      const words = outside.map(
        (model) =>
          `${Math.ceil((100 * (model.size - model.size_vram)) / model.size)} % of ${model.name} is in main memory`,
      );
      if (words.length > 0) return warn(`${label}: ${words.join(", ")}, which is slow`, MEMORY_MEND);
      return ok(`${label}: ${now.models.map(({ name }) => name).join(", ") || "none is loaded now"}`);
    },
  },
  ofText({
    id: "backend.ollama.context",
    title: "The loaded models have more than the smallest context",
    looksAt: `Its /api/ps and /api/show: whether a model that could take more was loaded with ${LITTLE_CONTEXT} tokens or fewer. Of a longer prompt Ollama leaves out the beginning, and says nothing.`,
    mend: CONTEXT_MEND,
    async run({ server }, signal) {
      const now = await told(server, "/api/ps", loaded, signal);
      if (typeof now === "string") return skip(now);
      const known = now.models.flatMap(({ name, context_length }) =>
        context_length ? [{ name, context_length }] : [],
      );
      const { label } = server;
      if (known.length === 0) return skip(`${label} does not tell, or has no model loaded now`);
      const small = known.filter((model) => model.context_length <= LITTLE_CONTEXT).slice(0, MOST_MODELS);
      const could = await Promise.all(small.map(({ name }) => longest(server, name, signal)));
      const cut = small.flatMap(({ name, context_length }, i) => {
        const most = could[i] ?? 0;
        return most > context_length
          ? [`${name} was loaded for ${context_length} tokens of the ${most} that it can take`]
          : [];
      });
      if (cut.length > 0) return warn(`${label}: ${cut.join(", ")}; longer prompts are cut`, CONTEXT_MEND);
      return ok(`${label}: ${known.map((model) => `${model.name} takes ${model.context_length} tokens`).join(", ")}`);
    },
  }),
];

/** Tokens that the model was made for; undefined: that is not told. */
async function longest({ label, send }: HttpServer, model: string, signal: AbortSignal): Promise<number | undefined> {
  const headers = { "content-type": "application/json" };
  const body = Buffer.from(JSON.stringify({ model }));
  const reply = await send({ method: "POST", path: "/api/show", headers, body }, signal);
  const text = await readAll(reply.body, MAX_DETAILS_BYTES, label);
  if (reply.status !== 200) return undefined;
  const { model_info } = parsed(details, text, label, "/api/show is not of its form");
  const found = Object.entries(model_info ?? {}).find(([name]) => name.endsWith(".context_length"))?.[1];
  return tokens.safeParse(found).data;
}
