// fxn privacy-report: every class of data that is kept: where, for how long, why, who sees it, and what lies there now.
import { Command, Option } from "clipanion";
import type { DataPlace } from "../src/core/data-class.ts";
import { type Found, privacyReport, type ReportedClass } from "../src/node/privacy-report.ts";
import { EXIT, FxnCommand } from "./base.ts";

export class PrivacyReportCommand extends FxnCommand {
  static override paths = [["privacy-report"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "show every class of data that is kept: where, how long, why",
    details: `
      Of every class of data, the node's and its networks': what it is, where it lies and how much of it now, for how long,
      why, who can see it, and how not to have it. Prompts and answers head the list: the node keeps none, but what a runner
      (provider: process) prints of them stands in the log. Only sizes, counts and times of the home are read, no content; the
      node need not run. What belongs to no class is named at the end. With --all also
      what networks would keep of which nothing is here. The shape of --json has a version.
    `,
    examples: [
      ["For a person", "$0 privacy-report"],
      ["Also of networks that never ran here", "$0 privacy-report --all"],
      ["For a machine", "$0 privacy-report --json"],
    ],
  });

  json = Option.Boolean("--json", false, { description: "For a machine" });
  all = Option.Boolean("--all", false, { description: "Also what networks would keep of which nothing is here" });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    const { classes, unknown } = privacyReport(home);
    if (this.json) {
      this.printJson({ schema: 1, home, classes, unknown });
      return EXIT.ok;
    }
    const present = new Set(classes.filter(({ found }) => found.some(isThere)).map(({ network }) => network));
    const shown = classes.filter(({ network }) => this.all || network === undefined || present.has(network));
    this.print(`What is kept in ${home} and by this node\n`);
    this.print(shown.map(describe).join("\n\n"));
    if (unknown.length > 0) {
      const lines = unknown.map((one) => `  ${one}`).join("\n");
      this.print(`\nof no class: put there by you or another program, or an fxn of another version\n${lines}`);
    }
    return EXIT.ok;
  }
}

const isThere = (found: Found | undefined) => found !== undefined && found.count > 0;
const WIDTH = 78;
const INDENT = 11;

function describe(one: ReportedClass): string {
  const where = one.places.map((place, i) => `${words(place)}${amount(place, one.found[i])}`);
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["what", one.what],
    ["where", where.join("; ") || "nowhere"],
    ["how long", one.kept],
    ["why", one.why],
    ["seen by", one.seenBy],
    ["off by", one.off],
    ["shown by", one.shownBy?.join(", ")],
  ];
  return [
    one.id,
    ...lines.flatMap(([name, text]) => (text === undefined ? [] : [`  ${name.padEnd(INDENT - 2)}${wrapped(text)}`])),
  ].join("\n");
}

function words(place: DataPlace): string {
  if ("table" in place) return `table ${place.table}`;
  if ("state" in place) return `state ${place.state}`;
  if ("shared" in place) return `${place.shared} in store.url`;
  return "file" in place ? place.file : place.elsewhere;
}

function amount(place: DataPlace, found: Found | undefined): string {
  if (!found) return "";
  if (found.count === 0) return " (empty)";
  const unit = "file" in place ? "file" : "row";
  const size = found.bytes === undefined ? "" : `, ${sizeText(found.bytes)}`;
  const since = found.oldest === undefined ? "" : `, since ${new Date(found.oldest).toISOString().slice(0, 10)}`;
  return ` (${found.count.toLocaleString("en-US")} ${unit}${found.count === 1 ? "" : "s"}${size}${since})`;
}

function sizeText(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`;
  return bytes < 10_000_000 ? `${Math.round(bytes / 1024)} KB` : `${Math.round(bytes / 1024 ** 2)} MB`;
}

function wrapped(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && INDENT + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${" ".repeat(INDENT)}`);
}
