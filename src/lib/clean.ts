// Text from the network, made fit for a log or a terminal: no control characters, no more than fits a line.

const LONGEST = 200;
/** What a terminal obeys, what turns the direction of writing, what is not seen, and what ends a line. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

export function clean(text: string, longest = LONGEST): string {
  // Cut first: a text of megabytes is not searched through.
  const plain = text
    .slice(0, longest * 4)
    .toWellFormed()
    .replace(UNPRINTABLE, " ")
    .trim();
  return plain.length > longest ? `${plain.slice(0, longest).toWellFormed()}…` : plain;
}

/** The same of a text of many lines, uncut: its lines stay lines. */
export function cleanLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(UNPRINTABLE, " "))
    .join("\n");
}
