// Which alerts the operator wants: by the check's id and by how bad it is.
import type { Config } from "../config/schema.ts";
import type { Condition } from "../core/alert.ts";

type Choice = Pick<Config["alerts"], "include" | "exclude" | "leastSeverity">;

export function isChosen({ id, severity }: Pick<Condition, "id" | "severity">, choice: Choice): boolean {
  const { include, exclude, leastSeverity } = choice;
  if (leastSeverity === "critical" && severity !== "critical") return false;
  if (exclude.some((pattern) => fits(id, pattern))) return false;
  return include.length === 0 || include.some((pattern) => fits(id, pattern));
}

/** "backend.answers", or "backend.*" for all of a room. */
function fits(id: string, pattern: string): boolean {
  return pattern.endsWith("*") ? id.startsWith(pattern.slice(0, -1)) : id === pattern;
}
