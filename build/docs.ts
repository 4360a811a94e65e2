// Writes what the config schema and the check table say into config.example.yaml and the README; with --check fails when
// they are out of date.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exampleYaml } from "../src/config/example.ts";
import { settingsMarkdown } from "../src/config/reference.ts";
import { BOOK } from "../src/networks/config.ts";
import { checksMarkdown } from "../src/node/checks/reference.ts";

const ROOT = join(import.meta.dir, "..");
/** What stands between the markers of that name. */
const TABLES = { settings: () => settingsMarkdown(BOOK), checks: () => checksMarkdown() } as const;

/** The text with each table between its markers; one whose markers are missing is left out, with a warning. */
function withTables(readme: string): string {
  return Object.entries(TABLES).reduce((text, [name, table]) => {
    const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end, from);
    if (from >= 0 && to >= 0) return `${text.slice(0, from + begin.length)}\n${table()}\n${text.slice(to)}`;
    console.warn(`README.md has no ${begin} … ${end}: no table is written`);
    return text;
  }, readme);
}

function read(name: string): string | undefined {
  const path = join(ROOT, name);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

const readme = read("README.md");
const wanted: Record<string, string> = { "config.example.yaml": exampleYaml(BOOK) };
if (readme !== undefined) wanted["README.md"] = withTables(readme);
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
