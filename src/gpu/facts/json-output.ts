// The JSON in what a tool prints: many print warnings before and after it.

/** Warnings may start with a bracket too ("[WARN] …"), but there are few of them. */
const MOST_STARTS = 20;

/** The first JSON document that begins a line; `undefined` when there is none or it is cut. */
export function jsonIn(text: string): unknown {
  const starts = [...text.matchAll(/^\s*[[{]/gm)].slice(0, MOST_STARTS);
  for (const { index } of starts) {
    const rest = text.slice(index).trimStart();
    const end = rest.lastIndexOf(rest.startsWith("{") ? "}" : "]");
    try {
      return JSON.parse(rest.slice(0, end + 1));
    } catch {
      // A warning, or cut off: the next line may begin the real one.
    }
  }
  return undefined;
}
