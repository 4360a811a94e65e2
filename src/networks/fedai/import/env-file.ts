// Reads the lines of an env file: NAME=value, with or without export and quotes. What is none of it is an error with its line.
import { FedaiError } from "../errors.ts";

export interface Variable {
  readonly name: string;
  /** Empty: as good as not set. */
  readonly value: string;
  /** Where it stands: ".env.node:3", or the variable itself. */
  readonly place: string;
}

const LINE = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/;

/** @throws FedaiError; never with a value in it */
export function parseEnvFile(text: string, where: string): readonly Variable[] {
  const found = new Map<string, Variable>();
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const place = `${where}:${index + 1}`;
    const [, name, written = ""] = LINE.exec(line) ?? [];
    const value = unquoted(written);
    if (name === undefined || value === undefined) {
      throw new FedaiError("import-invalid", 400, `${place}: not a line of an env file`, {
        hint: "Expected NAME=value.",
      });
    }
    // The last one counts, as in every shell.
    found.set(name, { name, value, place });
  }
  return [...found.values()];
}

/** Undefined for a quote that does not end, or has something behind it. */
function unquoted(written: string): string | undefined {
  const quote = written[0];
  if (quote !== '"' && quote !== "'") return written.replace(/\s+#.*$/, "").trim();
  const end = written.indexOf(quote, 1);
  const rest = written.slice(end + 1).trim();
  return end > 0 && (rest === "" || rest.startsWith("#")) ? written.slice(1, end) : undefined;
}
