// How the demo shows what came: all of it within a terminal of 100 columns.
import { table } from "../../cmd/table.ts";
import type { Asked } from "./demo-requests.ts";

const WIDTH = 100;
const INDENT = "  ";
/** What the other columns of the table leave, each as wide as it gets. */
const ANSWER_WIDTH = 34;

/** The table of what was asked; for those of `skipped` the model server has no route. */
export function measured(asked: readonly Asked[], skipped: readonly Asked[]): string {
  const rows = asked.map((one) => {
    const { what, status, answer, firstMs, totalMs, tokens, tokensPerSecond } = one;
    const came = skipped.includes(one) ? "the model server has no such route" : shortened(answer);
    return [what, String(status), duration(firstMs), duration(totalMs), count(tokens), count(tokensPerSecond), came];
  });
  const header = ["asked", "status", "first token", "total", "tokens", "tokens/s", "what came"];
  return table(header, rows).replace(/^/gm, INDENT);
}

/** A program's output, its long lines cut. */
export function printed(output: string): string {
  const lines = output.trimEnd().split("\n");
  return lines
    .map((line) => (line.length > WIDTH - 2 ? `${INDENT}${line.slice(0, WIDTH - 3)}…` : INDENT + line))
    .join("\n");
}

/** Writes text as it comes, and begins a new line where a word would not fit. */
export function wrapped(out: { write(text: string): unknown }): (text: string) => void {
  let column = 0;
  return (text) => {
    for (const word of text.match(/\s|\S+/g) ?? []) {
      const space = /\s/.test(word);
      if (column > 0 && (word === "\n" || column + word.length > WIDTH)) {
        out.write("\n");
        column = 0;
      }
      if (space && column === 0) continue;
      if (column === 0) out.write(INDENT);
      out.write(word);
      column = (column || INDENT.length) + word.length;
    }
  };
}

function duration(time: number | undefined): string {
  if (time === undefined) return "-";
  return time < 10_000 ? `${time.toFixed(0)} ms` : `${(time / 1000).toFixed(1)} s`;
}

function count(number: number | undefined): string {
  return number === undefined ? "-" : number.toFixed(0);
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > ANSWER_WIDTH ? `${line.slice(0, ANSWER_WIDTH - 1)}…` : line;
}
