// Writes what the config schema says into config.example.yaml and the README; with --check fails when they are out of date.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exampleYaml } from "../src/config/example.ts";
import { settingsMarkdown } from "../src/config/reference.ts";
import { BOOK } from "../src/networks/config.ts";

const ROOT = join(import.meta.dir, "..");
const BEGIN = "<!-- settings:begin -->";
const END = "<!-- settings:end -->";

/** The text with the table between its markers; undefined when it has none. */
function withTable(readme: string): string | undefined {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END, begin);
  if (begin < 0 || end < 0) return undefined;
  return `${readme.slice(0, begin + BEGIN.length)}\n${settingsMarkdown(BOOK)}\n${readme.slice(end)}`;
}

function read(name: string): string | undefined {
  const path = join(ROOT, name);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

const readme = read("README.md");
const wanted: Record<string, string> = { "config.example.yaml": exampleYaml(BOOK) };
if (readme !== undefined) {
  const table = withTable(readme);
  if (table === undefined) console.warn(`README.md has no ${BEGIN} … ${END}: no table is written`);
  else wanted["README.md"] = table;
}
const outdated = Object.keys(wanted).filter((name) => read(name) !== wanted[name]);
if (process.argv.includes("--check")) {
  for (const name of outdated) console.error(`${name} is out of date: run build/docs.ts`);
  process.exitCode = outdated.length > 0 ? 1 : 0;
} else {
  for (const name of outdated) {
    writeFileSync(join(ROOT, name), wanted[name] ?? "");
    console.log(`wrote ${name}`);
  }
}
