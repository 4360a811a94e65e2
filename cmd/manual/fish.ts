// Completion for fish: one line for each word and option, under the condition of the command that it belongs to.
import type { CommandOption, DescribedCommand } from "./commands.ts";
import { children, groups } from "./places.ts";
import type { Values } from "./values.ts";

const HEAD = `# fish completion for fxn: save it as fxn.fish in ~/.config/fish/completions, or: fxn completion fish | source

# Do the words so far begin with one of these commands?
function __fxn_in
    set -l words (commandline -opc)
    for command in $argv
        set -l path (string split ' ' -- $command)
        set -l end (math (count $path) + 1)
        test (count $words) -ge $end; and test "$words[2..$end]" = "$path"; and return 0
    end
    return 1
end

# Is the cursor at this positional of a command of so many words? The rest are the options that take a value.
function __fxn_at -a place depth
    set -l words (commandline -opc)
    set -l start (math $depth + 2)
    test (count $words) -ge $start; and set words $words[$start..]; or set words
    set -l at 0
    set -l option ''
    for word in $words
        if test -n "$option"
            set option ''
        else if contains -- $word $argv[3..]
            set option $word
        else if not string match -q -- '-*' $word
            set at (math $at + 1)
        end
    end
    test -z "$option" -a $at = $place
end

function __fxn_keys
    set -l home $HOME/.fxn
    set -q FXN_HOME; and set home $FXN_HOME
    set -l words (commandline -opc)
    if set -l at (contains -i -- --home $words)
        set -l next (math $at + 1)
        set home (string replace -r '^~/' "$HOME/" -- $words[$next])
    end
    echo node
    for file in $home/keys/*.json
        string replace -r '.*/(.*)\\.json$' '$1' -- $file
    end
end

complete -c fxn -f`;

export function fishCompletion(commands: readonly DescribedCommand[]): string {
  const first = children(commands).map(
    ({ word, description }) =>
      `complete -c fxn -n 'test (count (commandline -opc)) -eq 1' -a ${word} -d ${quoted(description)}`,
  );
  const second = groups(commands).flatMap(({ names, parts }) =>
    parts.map(
      ({ word, description }) =>
        `complete -c fxn -n 'test (count (commandline -opc)) -eq 2; and __fxn_in ${names.join(" ")}' -a ${word} -d ${quoted(description)}`,
    ),
  );
  return `${[HEAD, ...first, ...second, ...commands.flatMap(linesOf)].join("\n")}\n`;
}

function linesOf({ paths, options, positionals }: DescribedCommand): string[] {
  const inside = `__fxn_in ${paths.map((path) => `"${path.join(" ")}"`).join(" ")}`;
  const taking = options.filter(({ takesValue }) => takesValue).flatMap(({ names }) => names);
  const others = positionals.flatMap(({ values }, i) => {
    if (!values) return [];
    const here = `${inside}; and __fxn_at ${[i, paths[0]?.length ?? 1, ...taking].join(" ")}`;
    return [`complete -c fxn -n ${quoted(here)}${action(values)}`];
  });
  return [...options.map((option) => optionLine(inside, option)), ...others];
}

function optionLine(inside: string, { names, description, takesValue, values }: CommandOption): string {
  const flags = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(" ");
  const value = takesValue ? ` -r${values ? action(values) : " -f"}` : "";
  return `complete -c fxn -n ${quoted(inside)} ${flags}${value} -d ${quoted(description)}`;
}

function action(values: Values): string {
  if (values === "file") return " -F";
  if (values === "folder") return " -f -a '(__fish_complete_directories)'";
  return values === "key" ? " -f -a '(__fxn_keys)'" : ` -f -a ${quoted(values.join(" "))}`;
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
