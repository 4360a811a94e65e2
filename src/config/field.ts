// One value of the config files: how it is read from text, written back, documented and refused.
import { z } from "zod";

/** Meta of what a running node can change, by `fxn reload`: a setting, or a section with all that is in it. All else needs a restart. */
export const RELOADABLE = { reloadable: true };

/** Says why a text is refused, when "expected …, found …" is not enough. */
type Refuse = (message: string) => undefined;

export interface FieldKind<T> {
  /** JSON Schema keywords; `title` is the type's name in the docs, `examples[0]` stands in config.example.yaml. */
  readonly schema: { readonly title: string } & Readonly<Record<string, unknown>>;
  /** What is wanted, after the word "expected". */
  readonly expected: string;
  /** Its text is never shown. */
  readonly hidden?: boolean;
  /** The value, or undefined for text that is none. */
  read(text: string, refuse: Refuse): T | undefined;
  /** The shortest text or number that reads back as the same value. */
  write(value: T): string | number | boolean;
}

/**
 * A value that is one text: YAML's 8080 and "8080" are the same to it, as is $FXN_NODE_LISTEN_PORT=8080,
 * so that files and environment are read by one rule.
 */
export function field<T>(kind: FieldKind<T>) {
  return z
    .codec(z.unknown(), z.custom<T>(), {
      decode(input, ctx): T {
        let reason: string | undefined;
        const value =
          typeof input === "string" || typeof input === "number" || typeof input === "boolean"
            ? kind.read(String(input), (message) => {
                reason = message;
              })
            : undefined;
        if (value !== undefined) return value;
        const found = kind.hidden && typeof input === "string" ? "" : `, found ${describe(input)}`;
        const missing = `missing, expected ${kind.expected}`;
        const message = input === undefined ? missing : (reason ?? `expected ${kind.expected}${found}`);
        ctx.issues.push({ code: "custom", input, message });
        return z.NEVER;
      },
      encode: (value) => kind.write(value),
    })
    .meta(kind.schema);
}

/** What stands in the file, in words; long text is cut. */
export function describe(input: unknown): string {
  if (input === null || input === undefined) return "nothing";
  if (Array.isArray(input)) return "a list";
  if (typeof input === "object") return "a mapping";
  const text = String(input);
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** A YAML list, or one text with commas. @param write what of its items is written, as they are */
export function list<T>(
  item: ReturnType<typeof field<T>>,
  expected: string,
  atLeast = 0,
  write = (items: readonly unknown[]): readonly unknown[] => items,
) {
  const items = item.meta();
  return z
    .codec(z.unknown(), z.array(item).min(atLeast, `expected ${expected}, found an empty list`), {
      decode(input, ctx) {
        if (Array.isArray(input)) return input;
        if (typeof input === "string") {
          return input
            .split(",")
            .map((part) => part.trim())
            .filter(Boolean);
        }
        ctx.issues.push({ code: "custom", input, message: `expected ${expected}, found ${describe(input)}` });
        return z.NEVER;
      },
      encode: write,
    })
    .meta({
      title: "list",
      format: items?.format,
      anyOf: [{ type: "string" }, { type: "array", items, minItems: atLeast }],
      examples: [items?.examples],
    });
}
