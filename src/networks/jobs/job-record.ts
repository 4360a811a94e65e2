// A job as it lies on the disk: JSON, parsed before it is believed. What has ended keeps nothing of the work itself.
import { z } from "zod";
import { type JobOutcome, type JobRecord, STEPS, type StepName } from "./job.ts";

/** Of the form below; a record of another one is not guessed at. */
const FORM = 1;

const count = z.int().nonnegative();
const common = {
  form: z.literal(FORM),
  model: z.string(),
  reason: z.string().optional(),
  /** Failures of this step, one after the other. */
  tries: count,
  since: z.number(),
  at: z.number(),
};
const live = z.object({
  ...common,
  step: z.enum(STEPS),
  facts: z.unknown(),
  /** Runs of the node that ended without a word while this step was under way. */
  crashes: count,
  /** Times that it went back. */
  backs: count,
});
const outcome: z.ZodType<JobOutcome> = z.enum(["settled", "unpaid", "declined", "lost", "failed"]);
const ended = z.object({ ...common, step: z.literal("ended"), outcome });
const either = z.union([live, ended]);

export interface LiveRecord<Facts> {
  readonly step: StepName;
  readonly facts: Facts;
  readonly model: string;
  readonly reason: string | undefined;
  readonly tries: number;
  readonly crashes: number;
  readonly backs: number;
  readonly since: number;
  readonly at: number;
}

export interface EndedRecord {
  readonly outcome: JobOutcome;
  readonly model: string;
  readonly reason: string | undefined;
  readonly tries: number;
  readonly since: number;
  readonly at: number;
}

/** Its facts are none that this fxn can read, or nothing of it can be read at all. */
export type UnreadableRecord = Omit<EndedRecord, "outcome">;

export type Read<Facts> =
  | { readonly live: LiveRecord<Facts> }
  | { readonly ended: EndedRecord }
  | { readonly unreadable: UnreadableRecord };

export function liveText<Facts>(record: LiveRecord<Facts>): string {
  return JSON.stringify({ form: FORM, ...record });
}

export function endedText(record: EndedRecord): string {
  return JSON.stringify({ form: FORM, step: "ended", ...record });
}

/** @param at when it was written last, for what cannot be read */
export function readRecord<Facts>(text: string, facts: z.ZodType<Facts>, at: number): Read<Facts> {
  const read = either.safeParse(jsonOf(text));
  if (!read.success) {
    const reason = "its record on the disk cannot be read";
    return { unreadable: { model: "", reason, tries: 0, since: at, at } };
  }
  const { form: _, ...record } = read.data;
  const reason = record.reason;
  if (record.step === "ended") return { ended: { ...record, reason } };
  const own = facts.safeParse(record.facts);
  if (own.success) return { live: { ...record, reason, facts: own.data } };
  const { model, tries, since } = record;
  return { unreadable: { model, reason: "what is kept of it cannot be read by this fxn", tries, since, at } };
}

/** For whoever only looks, and knows no facts. */
export function recordOf(id: string, text: string, at: number): JobRecord {
  const read = either.safeParse(jsonOf(text));
  if (!read.success) {
    const reason = "its record on the disk cannot be read";
    return { id, model: "", step: "ended", outcome: "failed", reason, tries: 0, since: at, at };
  }
  const { model, reason, tries, since, step } = read.data;
  const how = read.data.step === "ended" ? read.data.outcome : undefined;
  return { id, model, step, outcome: how, reason, tries, since, at: read.data.at };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
