// What every shell's completion asks of the commands: which words may follow which, and where values stand.
import type { DescribedCommand } from "./commands.ts";
import type { Values } from "./values.ts";

export interface NextWord {
  readonly word: string;
  readonly description: string;
}

/** Where a value with known words stands: behind one of these options, or as the positional with this number, from 0. */
export interface Place {
  readonly names: readonly string[];
  readonly values: Values;
}

export function placesOf({ options, positionals }: DescribedCommand): Place[] {
  const ofOptions = options.flatMap(({ names, values }) => (values ? [{ names, values }] : []));
  const others = positionals.flatMap(({ values }, i) => (values ? [{ names: [`${i}`], values }] : []));
  return [...ofOptions, ...others];
}

/** The words behind `fxn`; a word that others follow says what these are. */
export function children(commands: readonly DescribedCommand[]): NextWord[] {
  const grouped = groups(commands);
  const words = [...new Set(commands.map(({ paths }) => paths[0]?.[0] ?? ""))];
  return words.map((word) => {
    const group = grouped.find(({ names }) => names.includes(word));
    const alone = commands.find(({ paths }) => paths[0]?.length === 1 && paths[0][0] === word);
    return { word, description: group?.parts.map((part) => part.word).join(", ") ?? alone?.description ?? "" };
  });
}

/** Words that a second one follows, with their other spellings: accounts, account. */
export function groups(commands: readonly DescribedCommand[]): { names: string[]; parts: NextWord[] }[] {
  const found = new Map<string, { names: Set<string>; parts: NextWord[] }>();
  for (const { paths, description } of commands) {
    const [first = "", second] = paths[0] ?? [];
    if (second === undefined) continue;
    const group = found.get(first) ?? { names: new Set<string>(), parts: [] };
    for (const [name = ""] of paths) group.names.add(name);
    group.parts.push({ word: second, description });
    found.set(first, group);
  }
  return [...found.values()].map(({ names, parts }) => ({ names: [...names], parts }));
}
