// What fxn can do, one line a command: for fxn --help, and for words that make no command.
import { closest } from "../src/config/suggest.ts";
import type { DescribedCommand } from "./manual/commands.ts";

const wordsOf = ({ paths }: DescribedCommand) => paths[0]?.join(" ") ?? "";
const isIn =
  (group: string) =>
  ({ paths }: DescribedCommand) =>
    paths.some((path) => path.join(" ").startsWith(`${group} `));

/** @param networks those with commands of their own get a line each: whoever is in one asks for it by its name */
export function overview(commands: readonly DescribedCommand[], networks: readonly string[]): string {
  const folded = networks.filter((network) => commands.some(isIn(network)));
  const shown = commands.filter((command) => !folded.some((group) => isIn(group)(command)));
  const width = Math.max(...shown.map((command) => wordsOf(command).length));
  const categories = [...new Set(shown.map(({ category }) => category))];
  return [
    "fxn turns a model server and a GPU into an endpoint of inference networks.",
    "",
    "Usage: fxn COMMAND [OPTIONS]",
    ...categories.flatMap((name) => [
      "",
      name,
      ...lines(
        shown.filter(({ category }) => category === name),
        width,
      ),
    ]),
    "",
    "Networks' own",
    ...folded.map(
      (group) => `  fxn ${group.padEnd(width)}  ${commands.filter(isIn(group)).length} commands: fxn ${group} --help`,
    ),
    "",
    "fxn COMMAND --help explains one; fxn man is the manual.",
  ].join("\n");
}

/** The commands that begin with these words; undefined: none does. */
export function groupOf(words: readonly string[], commands: readonly DescribedCommand[]): string | undefined {
  const group = words.join(" ");
  const found = commands.filter(isIn(group));
  if (found.length === 0) return undefined;
  const width = Math.max(...found.map((command) => wordsOf(command).length));
  return [
    `Usage: fxn ${group} COMMAND [OPTIONS]`,
    "",
    ...lines(found, width),
    "",
    `fxn ${group} COMMAND --help explains one.`,
  ].join("\n");
}

export function unknownCommand(words: readonly string[], commands: readonly DescribedCommand[]): string {
  const asked = words.join(" ");
  const meant = closest(asked, commands.map(wordsOf));
  return `fxn: "${asked}" is no command${meant === undefined ? "" : `; did you mean "fxn ${meant}"?`}\n  All of them: fxn --help`;
}

function lines(commands: readonly DescribedCommand[], width: number): string[] {
  return commands.map((command) => `  fxn ${wordsOf(command).padEnd(width)}  ${sentence(command.description)}`);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
