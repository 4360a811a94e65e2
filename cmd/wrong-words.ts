// What is said when the words after a command do not fit it: what is missing or unknown, not the library's "Command not found".
import { closest } from "../src/config/suggest.ts";
import type { DescribedCommand } from "./manual/commands.ts";

/** undefined: the library's own words say it. @param args all words, those of the command too */
export function wrongWords(
  error: unknown,
  args: readonly string[],
  { paths, options, positionals }: DescribedCommand,
): string | undefined {
  const [path = []] = paths;
  const name = `fxn ${path.join(" ")}`;
  const more = `\n  All that it takes: ${name} --help`;
  const message = error instanceof Error ? error.message : "";
  const [, unknown] = /^(?:Unsupported|Invalid) option name \("([^"]+)"\)/.exec(message) ?? [];
  if (unknown !== undefined) {
    const near = closest(
      unknown,
      options.flatMap(({ names }) => names),
    );
    return `fxn: ${name} has no ${unknown}${near === undefined ? "" : `; did you mean ${near}?`}${more}`;
  }
  const [, alone] = /^Not enough arguments to option (\S+)\./.exec(message) ?? [];
  if (alone !== undefined) return `fxn: ${alone} needs a value${more}`;
  const [, extra] = /^Extraneous positional argument \("(.*)"\)/.exec(message) ?? [];
  if (extra !== undefined) return `fxn: ${name} has no place for "${extra}"${more}`;
  const missing = message.startsWith("Not enough positional arguments")
    ? positionals.filter(({ required }) => required).map((one) => one.name)
    : message.startsWith("Command not found")
      ? options.filter(({ names, required }) => required && !names.some((one) => given(one, args))).map(nameOf)
      : [];
  return missing.length === 0 ? undefined : `fxn: ${name} needs ${missing.join(" and ")}${more}`;
}

function given(name: string, args: readonly string[]): boolean {
  return args.some((arg) => arg === name || arg.startsWith(`${name}=`));
}

/** The longest says most: "--requirements", not "-q". */
function nameOf({ names }: { readonly names: readonly string[] }): string {
  return names.reduce((longest, name) => (name.length > longest.length ? name : longest), "");
}
