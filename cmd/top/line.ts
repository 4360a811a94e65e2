// One line of the live view: pieces of text, each perhaps in a tone; never wider than the terminal, nothing in it is obeyed.
import { clean } from "../../src/lib/clean.ts";

export type Tone = "good" | "bad" | "warn" | "dim" | "bold";
export interface Toned {
  readonly text: string;
  readonly tone: Tone;
}
export type Piece = string | Toned;
export type Line = readonly Piece[];

export interface Look {
  readonly color: boolean;
  /** For terminals that show no others. */
  readonly asciiOnly: boolean;
}

const CODES: Readonly<Record<Tone, number>> = { good: 32, bad: 31, warn: 33, dim: 2, bold: 1 };
const LONGEST = 500;

export const toned = (tone: Tone, text: string): Toned => ({ tone, text });
/** What somebody else has worded. */
export const foreign = (text: string): string => clean(text, LONGEST);

export function widthOf(line: Line): number {
  return line.reduce((sum, piece) => sum + Bun.stringWidth(textOf(piece)), 0);
}

/** Filled up with spaces to that width, or cut to it. */
export function padded(line: Line, width: number): Line {
  const room = width - widthOf(line);
  return room >= 0 ? [...line, " ".repeat(room)] : cut(line, width);
}

/** What fits into that many columns; what is cut off ends in an ellipsis. */
export function cut(line: Line, columns: number): Line {
  if (widthOf(line) <= columns) return line;
  const kept: Piece[] = [];
  let room = columns - 1;
  for (const piece of line) {
    const text = beginning(textOf(piece), room);
    if (text !== "") kept.push(typeof piece === "string" ? text : { ...piece, text });
    room -= Bun.stringWidth(text);
    if (text !== textOf(piece)) break;
  }
  return columns > 0 ? [...kept, "…"] : [];
}

export function textOfLine(line: Line, { color, asciiOnly }: Look): string {
  return line
    .map((piece) => {
      const text = asciiOnly ? inAscii(textOf(piece)) : textOf(piece);
      return color && typeof piece !== "string" && text !== "" ? `\u001b[${CODES[piece.tone]}m${text}\u001b[0m` : text;
    })
    .join("");
}

function textOf(piece: Piece): string {
  return typeof piece === "string" ? piece : piece.text;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function beginning(text: string, columns: number): string {
  if (Bun.stringWidth(text) <= columns) return text;
  let kept = "";
  let room = columns;
  for (const { segment } of graphemes.segment(text)) {
    room -= Bun.stringWidth(segment);
    if (room < 0) break;
    kept += segment;
  }
  return kept;
}

const IN_ASCII: Readonly<Record<string, string>> = {
  ...{ "▁": "_", "▂": ".", "▃": ":", "▄": "-", "▅": "=", "▆": "+", "▇": "*", "█": "#" },
  ...{ "░": ".", "…": "~", "°": " " },
};

/** As wide as it was. */
function inAscii(text: string): string {
  let out = "";
  for (const { segment } of graphemes.segment(text)) {
    const plain = /^[ -~]$/.test(segment) ? segment : (IN_ASCII[segment] ?? "?");
    out += plain.padEnd(Bun.stringWidth(segment), "?");
  }
  return out;
}
