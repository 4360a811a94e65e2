// How steps say what follows. The word is "then", which is no promise's: it is a text, and nothing calls it.
import type { JobOutcome, StepName, Verdict } from "./job.ts";

export function next<Facts>(facts: Facts): Verdict<Facts> {
  // biome-ignore lint/suspicious/noThenProperty: a text, not a function
  return { then: "next", facts };
}

export function wait<Facts>(ms: number, why?: string, leaves = false): Verdict<Facts> {
  // biome-ignore lint/suspicious/noThenProperty: a text, not a function
  return { then: "wait", ms, why, leaves };
}

export function back<Facts>(to: StepName): Verdict<Facts> {
  // biome-ignore lint/suspicious/noThenProperty: a text, not a function
  return { then: "back", to };
}

export function end<Facts>(outcome: JobOutcome, reason: string): Verdict<Facts> {
  // biome-ignore lint/suspicious/noThenProperty: a text, not a function
  return { then: "end", outcome, reason };
}
