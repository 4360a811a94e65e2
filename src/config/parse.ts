// Reads a tree of text with a schema; every issue becomes a problem in plain words, at its place.
import type { z } from "zod";
import { describe } from "./field.ts";
import { type Path, type Place, type Problem, pathText } from "./problems.ts";
import { keyOf, type Setting, sectionOf, settingsOf } from "./settings.ts";
import { closest } from "./suggest.ts";

/** Finds places in whatever the tree was made of. */
export interface Places {
  keyAt(path: Path): Place;
  valueAt(path: Path): Place;
}

/**
 * @param known what may be meant by an unknown key: the schema's own settings, or those of both forms of a file
 */
export function parseTree<Schema extends z.ZodObject>(
  schema: Schema,
  tree: unknown,
  places: Places,
  known: readonly Setting[] = settingsOf(schema),
): { readonly value?: z.output<Schema>; readonly problems: readonly Problem[] } {
  const result = schema.safeParse(tree, { reportInput: true, jitless: true });
  if (result.success) return { value: result.data, problems: [] };
  return {
    problems: result.error.issues.flatMap((issue) => {
      const path = issue.path.filter((part) => typeof part !== "symbol");
      return issue.code === "unrecognized_keys"
        ? unknownKeys(issue.keys, path, places, known)
        : [{ ...places.valueAt(path), path: pathText(path), message: inPlainWords(issue) }];
    }),
  };
}

/** The fields bring their own messages; what is left to say is about mappings and lists. */
function inPlainWords(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_type") return issue.message;
  const expected = issue.expected === "array" ? `a list: lines that begin with "- "` : "a section: keys below it";
  return issue.input === undefined
    ? `missing, expected ${expected}`
    : `expected ${expected}, found ${describe(issue.input)}`;
}

/** To look for what was meant takes time: a wrong file has thousands of unknown keys, and nobody reads on so far. */
const MOST_SUGGESTIONS = 100;

export function unknownKeys(keys: readonly string[], inside: Path, places: Places, known: readonly Setting[]) {
  return keys.map((key, i) => unknownKey([...inside, key], places, i < MOST_SUGGESTIONS ? known : []));
}

function unknownKey(path: Path, places: Places, known: readonly Setting[]): Problem {
  const text = pathText(path);
  const suggestion = suggest(text.replaceAll(/\[\d+\]/g, "[]"), known);
  return { ...places.keyAt(path), path: text, message: "unknown key", ...(suggestion && { suggestion }) };
}

/** A near name in the same section, else the same or a near name anywhere. */
function suggest(path: string, known: readonly Setting[]): string | undefined {
  const key = keyOf(path);
  const beside = known.filter((setting) => sectionOf(setting.path) === sectionOf(path));
  const near = closest(
    key,
    beside.map((setting) => keyOf(setting.path)),
  );
  if (near) return near;
  const elsewhere = closest(
    key,
    known.map((setting) => keyOf(setting.path)),
  );
  return known.find((setting) => keyOf(setting.path) === elsewhere)?.path;
}
