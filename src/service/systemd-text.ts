// How texts are written in a systemd unit, so that it reads them back as they were.
import { oneLine, unfit } from "./text.ts";

/** % begins what systemd fills in. Throws service_text_invalid. */
function plain(text: string): string {
  return oneLine(text).replaceAll("%", "%%");
}

/** A word of a list or of a command line. Throws service_text_invalid. */
export function word(text: string): string {
  return `"${plain(text).replace(/["\\]/g, "\\$&")}"`;
}

/** Throws service_text_invalid. The rest of a line, where quotes mean nothing: blanks at its end are lost, and a \ there takes the next line in. */
export function restOfLine(text: string): string {
  if (/^\s|[\s\\]$/u.test(text)) throw unfit(text, "begins or ends with a blank, or ends with \\");
  return plain(text);
}

/** Throws service_text_invalid. After ":" nothing is a variable, so that $ is a character like others. */
export function commandLine([program = "", ...rest]: readonly string[]): string {
  if (/["'\\]/.test(program)) throw unfit(program, "holds a quote or \\, which systemd takes in no program's name");
  return [word(`:${program}`), ...rest.map(word)].join(" ");
}
