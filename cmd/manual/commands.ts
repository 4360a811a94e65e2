// Every command as completions and the manual need it: read out of the classes themselves, so that nothing is written twice.
import { Cli, type CommandClass } from "clipanion";
import type { Values, ValuesOf } from "./values.ts";

export interface CommandOption {
  /** "-v" and "--verbose". */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly required: boolean;
  readonly values?: Values;
}

export interface Positional {
  readonly name: string;
  readonly required: boolean;
  readonly values?: Values;
}

export interface DescribedCommand {
  /** The words that call it, without the program's; the first form is the one to show. */
  readonly paths: readonly (readonly string[])[];
  readonly category: string;
  readonly description: string;
  /** One text without line breaks a paragraph. */
  readonly details: readonly string[];
  readonly examples: readonly (readonly [what: string, command: string])[];
  readonly options: readonly CommandOption[];
  readonly positionals: readonly Positional[];
}

export interface CompletableClass extends CommandClass {
  readonly values: ValuesOf;
}

export function describeCommands(classes: readonly CompletableClass[]): DescribedCommand[] {
  return classes.map(described);
}

function described(one: CompletableClass): DescribedCommand {
  const cli = Cli.from(one, { binaryName: "fxn" });
  const [definition] = cli.definitions();
  if (!definition || !one.paths) throw new Error("a command without a path or usage");
  const { values } = one;
  return {
    paths: one.paths,
    category: flat(definition.category),
    description: flat(definition.description),
    details: (definition.details ?? "")
      .split(/\n{2,}/)
      .map(flat)
      .filter(Boolean),
    examples: (definition.examples ?? []).map(([what, command]) => [flat(what), command]),
    options: definition.options.map((option) => optionOf(option, values)),
    positionals: positionalsOf(definition.usage, values),
  };
}

/** clipanion writes "-v,--verbose" and, for one that takes a value, "--home #0". */
function optionOf(
  { definition, description = "", required }: { definition: string; description?: string; required: boolean },
  values: ValuesOf,
): CommandOption {
  const [names = "", value] = definition.split(" ");
  const all = names.split(",");
  return {
    names: all,
    description: flat(description),
    takesValue: value !== undefined,
    required,
    values: all.map((name) => values[name]).find(Boolean),
  };
}

/** Of "fxn challenge run <TYPE> [PAYLOAD]". */
function positionalsOf(usage: string, values: ValuesOf): Positional[] {
  return [...usage.matchAll(/<([^>]+)>|\[([^\]]+)\]/g)].map(([, required, optional]) => {
    const name = required ?? optional ?? "";
    return { name, required: required !== undefined, values: values[name] };
  });
}

function flat(text: string | undefined): string {
  return (text ?? "").replace(/\s+/g, " ").trim();
}
