// What a node's answer must be, or one line that says what is wrong with it.
import { z } from "zod";
import { FxnError } from "../core/errors.ts";

export class SchedulerError extends FxnError<"node_answer_unexpected"> {}

export function unexpected(what: string, cause?: unknown): SchedulerError {
  return new SchedulerError("node_answer_unexpected", 502, what, { cause });
}

/** Throws SchedulerError that names the field at fault. */
export function parseAnswer<T>(text: string, shape: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw unexpected(`no JSON was answered, but ${JSON.stringify(text.slice(0, 60))}`, cause);
  }
  const parsed = shape.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unexpected(`the answer's ${issue?.path.join(".") || "form"}: ${issue?.message}`, parsed.error);
}

/** What the node said with a status that is no 200, or the beginning of it. */
export function refused(status: number, text: string): SchedulerError {
  const said = problem.safeParse(jsonOf(text));
  return unexpected(`answered ${status}: ${said.success ? said.data.error.message : text.slice(0, 200)}`);
}

const problem = z.object({ error: z.object({ message: z.string() }) });

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
