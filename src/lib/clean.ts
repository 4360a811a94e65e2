// Text from the network, made fit for a log or a terminal: no control characters, no more than fits a line.

const LONGEST = 200;
/** C0, DEL, C1, the line separators, and what turns the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g;

export function clean(text: string, longest = LONGEST): string {
  // Cut first: a text of megabytes is not searched through.
  const plain = text
    .slice(0, longest * 4)
    .toWellFormed()
    .replace(UNPRINTABLE, " ")
    .trim();
  return plain.length > longest ? `${plain.slice(0, longest).toWellFormed()}…` : plain;
}
