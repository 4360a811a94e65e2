// Text from a chain or an RPC as a terminal and a log may show it.

const MAX_TEXT = 300;

/** One line, cut, without what a terminal would obey: escapes, and marks that reverse the reading order. */
export function shown(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\p{Cc}\p{Cf}]/gu, "")
    .slice(0, MAX_TEXT);
}
