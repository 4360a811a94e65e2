// What a caller is told of a payload at fault: which field, and what was expected there; never what it held.
import { z } from "zod";

/** A name of the payload's own is cut to this: it is the caller's text. */
const MAX_FIELD = 80;

/** "payload.size: Too big: expected number to be <=8" of whatever a schema threw. */
export function payloadFault(error: unknown): string {
  const issue = error instanceof z.ZodError ? deepest(error.issues) : undefined;
  if (!issue) return "payload: not understood";
  // zod names these at the object that holds them.
  const [extra] = issue.code === "unrecognized_keys" ? issue.keys : [];
  const path = extra === undefined ? issue.path : [...issue.path, extra];
  const field = ["payload", ...path.map(String)].join(".");
  const shown = field.length > MAX_FIELD ? `${field.slice(0, MAX_FIELD)}…` : field;
  return `${shown}: ${extra === undefined ? issue.message : "not known here"}`;
}

/** Of alternatives, the one that the payload follows furthest is the one that was meant. */
function deepest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined {
  const [first] = issues;
  if (first?.code !== "invalid_union") return first;
  const inner = first.errors.map(deepest).filter((issue) => issue !== undefined);
  const furthest = inner.sort((a, b) => b.path.length - a.path.length)[0];
  if (!furthest || furthest.path.length === 0) return first;
  return { ...furthest, path: [...first.path, ...furthest.path] };
}
