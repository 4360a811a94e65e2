// Rehearses what earns: a chat, streamed, with the time to its first token.
import { z } from "zod";
import { parseAnswer } from "./answer.ts";
import { type Check, fail, pass, skipped } from "./check.ts";

const models = z.object({ data: z.array(z.object({ id: z.string() })) });
const chunk = z.object({
  choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }).nullish() })).optional(),
  error: z.object({ message: z.string() }).optional(),
});
const PROMPT = "Say hello in one short sentence.";
const MAX_TOKENS = 32;

export const chatCheck: Check = {
  name: "chat, streamed",
  async run({ client, signal }) {
    const [first] = (await client.json("/v1/models", undefined, models, signal)).data;
    if (!first) return skipped("this node offers no model");
    const chat = {
      model: first.id,
      stream: true,
      max_tokens: MAX_TOKENS,
      messages: [{ role: "user", content: PROMPT }],
    };
    const begun = performance.now();
    let firstAt: number | undefined;
    let pieces = 0;
    let ended = false;
    for await (const data of client.events("/v1/chat/completions", chat, signal)) {
      if (data === "[DONE]") {
        ended = true;
        continue;
      }
      const { choices, error } = parseAnswer(data, chunk);
      if (error) return fail(error.message);
      if (!choices?.some(({ delta }) => delta?.content)) continue;
      firstAt ??= performance.now();
      pieces++;
    }
    if (firstAt === undefined) return fail(`${first.id} answered without a word`);
    if (!ended) return fail("the stream ended without [DONE]: something on the way cut it");
    const rate = pieces / Math.max(0.001, (performance.now() - firstAt) / 1000);
    return pass(`${first.id}: first token after ${(firstAt - begun).toFixed(0)} ms, then ${rate.toFixed(0)} chunks/s`);
  },
};
