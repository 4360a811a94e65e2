// The one text of a JSON value that fed_AI signs: no blanks, members sorted by UTF-16 code units, ECMAScript's numbers and escapes.
import { FedaiError } from "./errors.ts";

/** Deeper ones are refused: no message of the wire comes near, and a stack has an end. */
const DEEPEST = 500;

/** @throws FedaiError for what is nested too deeply, cycles included */
export function canonicalJson(value: unknown): string {
  return write(value, 0) ?? "null";
}

/** Undefined for what JSON leaves out. */
function write(value: unknown, depth: number): string | undefined {
  if (depth > DEEPEST) throw new FedaiError("invalid-envelope", 400, "the message is nested too deeply");
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if ("toJSON" in value && typeof value.toJSON === "function") return write(value.toJSON(), depth + 1);
  if (Array.isArray(value)) return `[${value.map((item: unknown) => write(item, depth + 1) ?? "null").join(",")}]`;
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, member]) => {
      const text = write(member, depth + 1);
      return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
    });
  return `{${members.join(",")}}`;
}
