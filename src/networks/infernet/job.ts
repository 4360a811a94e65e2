// A job as the control plane gives it, looked at before anything is done for it.
import { z } from "zod";
import type { TextMessage } from "../../core/text.ts";
import { clean } from "../../lib/clean.ts";
import { InfernetError } from "./errors.ts";
import { UUID } from "./routes.ts";

/** A number, or the text of one, that `wanted` takes; undefined for anything else. */
function numberIn(wanted: z.ZodNumber) {
  return z
    .unknown()
    .optional()
    .transform((given): number | undefined => {
      const number = typeof given === "string" && given.trim() !== "" ? Number(given) : given;
      return wanted.safeParse(number).data;
    });
}

/**
 * Its id becomes part of a path: only what is one is taken, in the one spelling that is remembered. What else is odd is
 * no reason to leave it lying there: it is for `chatOf` to say.
 */
const entry = z.object({
  id: z.string().regex(UUID).toLowerCase(),
  type: z.unknown(),
  model_name: z.unknown(),
  payment_offer: numberIn(z.number()),
  input_spec: z.unknown(),
});
export type Job = z.infer<typeof entry>;

const named = z.string().nullish();
const chat = z.object({
  messages: z.array(z.object({ role: z.string(), content: z.string() })).min(1),
  // Clients write them by hand: what is no limit limits nothing.
  max_tokens: numberIn(z.number().int().positive()),
  temperature: numberIn(z.number().nonnegative()),
});

export interface Chat {
  /** undefined: any. */
  readonly model: string | undefined;
  readonly messages: readonly TextMessage[];
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
}

/** undefined: it is none, and there is nobody to tell. */
export function jobOf(polled: unknown): Job | undefined {
  const parsed = entry.safeParse(polled);
  return parsed.success ? parsed.data : undefined;
}

/** Throws InfernetError for a job that this node cannot do, or not for what it offers. */
export function chatOf(job: Job, priceFloor: number): Chat {
  if (job.type !== "chat") {
    const type = typeof job.type === "string" ? job.type : "";
    throw new InfernetError("infernet_job", 400, `this node does no jobs of type "${clean(type, 40)}"`);
  }
  if ((job.payment_offer ?? 0) < priceFloor) {
    throw new InfernetError("infernet_job", 402, `this node does no jobs for less than ${priceFloor}`);
  }
  const parsed = chat.safeParse(job.input_spec);
  if (!parsed.success) throw new InfernetError("infernet_job", 400, "the job's messages are not as they should be");
  const model = named.safeParse(job.model_name);
  if (!model.success) throw new InfernetError("infernet_job", 400, "the job's model name is none");
  const { messages, max_tokens, temperature } = parsed.data;
  return { model: model.data || undefined, messages, maxTokens: max_tokens, temperature };
}
