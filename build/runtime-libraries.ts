// What Bun links into itself, as the licence page of that very version says: its npm package brings the page, not the texts.
import type { BuildTarget } from "./targets.ts";

export interface RuntimeLibrary {
  readonly name: string;
  readonly license: string;
}

/** The systems that a row is limited to, in the words of the page. */
const SYSTEMS: Readonly<Record<BuildTarget["format"], string>> = { ELF: "Linux", "Mach-O": "macOS", PE: "Windows" };

/** @param page the Markdown. Throws an Error when it is not the page that is known here. */
export function runtimeLibraries(page: string, format: BuildTarget["format"]): RuntimeLibrary[] {
  if (!page.includes("statically links JavaScriptCore (and WebKit), which is LGPL-2 licensed"))
    throw new Error("Bun's licence page no longer says what it said of JavaScriptCore");
  const rows = page.split("\n").filter((line) => /^\| (?!Library|Package|-)/.test(line));
  const listed = rows.flatMap((row) => {
    const [, library = "", license = ""] = row.split("|").map(plain);
    const systems = / \(on ([^)]+)\)$/.exec(library);
    if (systems && !systems[1]?.includes(SYSTEMS[format])) return [];
    return [{ name: library.replace(/ \(on [^)]+\)$/, ""), license: license.replace(/ licensed$/, "") }];
  });
  if (listed.length < 40) throw new Error("Bun's licence page lists less than it did");
  return [{ name: "JavaScriptCore and WebCore of WebKit", license: "LGPL-2.0-or-later" }, ...listed];
}

/** Without links and marks. */
function plain(cell: string): string {
  return cell
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll("`", "")
    .trim();
}
