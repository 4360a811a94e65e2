// The manual page, fxn(1), in the man macros that every system's man reads.
import type { CommandOption, DescribedCommand, Positional } from "./commands.ts";

export interface PageFacts {
  readonly version: string;
  readonly exitCodes: readonly (readonly [code: number, meaning: string])[];
  readonly files: readonly (readonly [name: string, meaning: string])[];
}

export function manualPage(commands: readonly DescribedCommand[], facts: PageFacts): string {
  const categories = [...new Set(commands.map(({ category }) => category))];
  const sections = categories.map((category) => {
    const entries = commands.filter((command) => command.category === category).map(entry);
    return [`.SS ${quoted(category)}`, ...entries].join("\n");
  });
  return `${[
    `.TH FXN 1 "" ${quoted(`fxn ${facts.version}`)} "fxn manual"`,
    ".SH NAME",
    "fxn \\- turns a model server and a GPU into an endpoint of inference networks",
    ".SH SYNOPSIS",
    ".B fxn",
    ".I command",
    ".RI [ options ]",
    ".PP",
    ".B fxn",
    ".I command",
    ".B \\-\\-help",
    ".PP",
    ".B fxn \\-\\-version",
    ".SH COMMANDS",
    ...sections,
    ".SH FILES",
    ...facts.files.flatMap(([name, meaning]) => [".TP", `.I ${text(name)}`, line(meaning)]),
    ".SH EXIT STATUS",
    ...facts.exitCodes.flatMap(([code, meaning]) => [".TP", `.B ${code}`, line(meaning)]),
  ].join("\n")}\n`;
}

function entry({ paths, description, details, examples, options, positionals }: DescribedCommand): string {
  const call = [`\\fBfxn ${text(paths[0]?.join(" ") ?? "")}\\fR`, ...positionals.map(positional), "[options]"];
  const what = `${description.charAt(0).toUpperCase()}${description.slice(1)}.`;
  return [
    ".TP",
    call.join(" "),
    line(what),
    ...details.flatMap((paragraph) => [".IP", line(paragraph)]),
    ".RS",
    ...options.flatMap((option) => [".TP", optionName(option), line(option.description)]),
    ...examples.flatMap(([title, command]) => [
      ".PP",
      line(`${title}:`),
      ".PP",
      ".in +4n",
      ".EX",
      line(command),
      ".EE",
      ".in",
    ]),
    ".RE",
  ].join("\n");
}

function positional({ name, required }: Positional): string {
  return required ? `\\fI${text(name)}\\fR` : `[\\fI${text(name)}\\fR]`;
}

function optionName({ names, takesValue, required }: CommandOption): string {
  const all = names.map((name) => `\\fB${text(name)}\\fR`).join(", ");
  return `${all}${takesValue ? " \\fIvalue\\fR" : ""}${required ? " (required)" : ""}`;
}

/** As a line of its own: a dot or a quote at its start would be a command. */
function line(words: string): string {
  const escaped = text(words).replace(/`([^`]+)`/g, "\\fB$1\\fR");
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

/** What roff would make something else of: its escapes, and ASCII that it prints as typographic signs. */
function text(words: string): string {
  return words
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replace(
      /[^\x20-\x7e]/gu,
      (sign) => `\\[u${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`,
    );
}

function quoted(words: string): string {
  return `"${text(words).replaceAll('"', "\\(dq")}"`;
}
