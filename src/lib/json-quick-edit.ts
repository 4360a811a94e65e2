// Replaces top-level members without reading every byte, where the parsed object leaves no doubt where they stand.

const WHITE_SPACE = /[ \t\n\r]*/y;
/** How a letter of ASCII is spelled as an escape begins: a key may hide behind it. */
const ESCAPED_ASCII = "\\u00";

interface Place {
  readonly from: number;
  readonly to: number;
}

/**
 * The text that `editTopLevel` makes; undefined when only reading all of it could tell.
 * @param text   a JSON object
 * @param parsed what JSON.parse makes of it
 */
export function quickEdit(
  text: string,
  parsed: Readonly<Record<string, unknown>>,
  members: Readonly<Record<string, string>>,
): string | undefined {
  let edited = text;
  let added = "";
  for (const key of Object.keys(members)) {
    const value = members[key] ?? "";
    if (!Object.hasOwn(parsed, key)) {
      added += `,${JSON.stringify(key)}:${value}`;
      continue;
    }
    const place = placeOf(edited, key, parsed[key]);
    if (!place) return undefined;
    if (edited.slice(place.from, place.to) !== value) {
      edited = edited.slice(0, place.from) + value + edited.slice(place.to);
    }
  }
  if (added === "") return edited;
  // Into an empty object no comma belongs.
  if (isEmpty(parsed)) return undefined;
  const close = edited.lastIndexOf("}");
  return edited.slice(0, close) + added + edited.slice(close);
}

/** Where the value stands; undefined when the text is not spelled as plainly as can be, or the key's letters stand twice. */
function placeOf(text: string, key: string, value: unknown): Place | undefined {
  if (typeof value !== "string") return undefined;
  const name = JSON.stringify(key);
  const at = text.indexOf(name);
  // In the text of a string its quotes would be escaped: the only one there is, is the key itself.
  if (at < 0 || text.includes(name, at + 1) || text.includes(ESCAPED_ASCII)) return undefined;
  const colon = afterSpace(text, at + name.length);
  if (text[colon] !== ":") return undefined;
  const from = afterSpace(text, colon + 1);
  const plain = JSON.stringify(value);
  return text.startsWith(plain, from) ? { from, to: from + plain.length } : undefined;
}

function afterSpace(text: string, from: number): number {
  WHITE_SPACE.lastIndex = from;
  return WHITE_SPACE.test(text) ? WHITE_SPACE.lastIndex : from;
}

function isEmpty(object: Readonly<Record<string, unknown>>): boolean {
  for (const _ in object) return false;
  return true;
}
