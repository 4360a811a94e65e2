// A terminal's screen as an SVG, out of what tmux captured: the tones of fxn's own output, and nothing else.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [LETTER, LINE, EDGE] = [8.4, 18, 14];
const COLOURS: Readonly<Record<string, string>> = { 31: "#ff958b", 32: "#6cd6a2", 33: "#f2c063" };
const [PLAIN, DIM, BOLD] = ["#d5dce6", "#8b98a9", "#ffffff"];
/** Select Graphic Rendition; others are not in what tmux captures. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal is told by.
const CODE = /\x1b\[([\d;]*)m/;

/** Into FXN_TEST_PICTURES; nowhere without it. @param screen with its codes for colours */
export function terminalPicture(screen: string, name: string, columns: number): void {
  const folder = process.env.FXN_TEST_PICTURES;
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.svg`), drawn(screen.trimEnd().split("\n"), columns));
}

function drawn(lines: readonly string[], columns: number): string {
  const [width, height] = [Math.ceil(columns * LETTER + 2 * EDGE), lines.length * LINE + 2 * EDGE];
  let [colour, weight]: [string | undefined, string] = [undefined, PLAIN];
  function obey(code: string): void {
    if (Number(code) === 0) [colour, weight] = [undefined, PLAIN];
    else if (code === "39") colour = undefined;
    else if (code === "22") weight = PLAIN;
    else if (code === "1") weight = BOLD;
    else if (code === "2") weight = DIM;
    else colour = COLOURS[code] ?? colour;
  }
  const texts = lines.map((line, row) => {
    let column = 0;
    const spans = line.split(new RegExp(CODE, "g")).map((part, at) => {
      // Every other part is what stood in a code.
      if (at % 2 === 1) {
        for (const code of part.split(";")) obey(code);
        return "";
      }
      const x = EDGE + column * LETTER;
      column += Bun.stringWidth(part);
      return part.trim() === ""
        ? ""
        : `<tspan x="${x.toFixed(1)}" fill="${colour ?? weight}">${Bun.escapeHTML(part)}</tspan>`;
    });
    return `<text y="${EDGE + 13 + row * LINE}" xml:space="preserve">${spans.join("")}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#14191f"/>`,
    `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14">`,
    ...texts,
    "</g></svg>\n",
  ].join("\n");
}
