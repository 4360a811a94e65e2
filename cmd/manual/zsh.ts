// Completion for zsh: the command is found by its words, and zsh's own _arguments does the rest.
import type { CommandOption, DescribedCommand, Positional } from "./commands.ts";
import { children, groups, type NextWord } from "./places.ts";
import type { Values } from "./values.ts";

export function zshCompletion(commands: readonly DescribedCommand[]): string {
  const grouped = groups(commands);
  const alone = commands.filter(({ paths }) => paths[0]?.length === 1);
  const cases = [
    ...grouped.map(
      ({ names, parts }) => `    ${names.join("|")})
      if ((CURRENT == 3)); then
${describe(parts)}
        return
      fi
      shift 2 words
      ((CURRENT -= 2))
      case $words[1] in
${commands
  .filter(({ paths }) => paths[0]?.length === 2 && names.includes(paths[0][0] ?? ""))
  .map((command) => branch(command, "        "))
  .join("\n")}
      esac
      ;;`,
    ),
    // One word more is gone from the front of those, so that _arguments sees the command alone.
    ...alone.map((command) => branch(command, "    ", "shift words; ((CURRENT--)); ")),
  ];
  return `#compdef fxn
# zsh completion for fxn: save it as _fxn in a folder of $fpath, or: source <(fxn completion zsh)

_fxn_keys() {
  local home=\${opt_args[--home]:-\${FXN_HOME:-$HOME/.fxn}}
  local -a names=(node \${~home}/keys/*.json(N:t:r))
  compadd -a names
}

_fxn() {
  local curcontext=$curcontext state line
  local -A opt_args
  if ((CURRENT == 2)); then
${describe(children(commands))}
    return
  fi
  case $words[2] in
${cases.join("\n")}
  esac
}

if [[ \${funcstack[1]} == _fxn ]]; then _fxn "$@"; else compdef _fxn fxn; fi
`;
}

function describe(words: readonly NextWord[]): string {
  const lines = words.map(({ word, description }) => quoted(`${word}:${description.replaceAll(":", "\\:")}`));
  return `    local -a words_here=(
${lines.map((line) => `      ${line}`).join("\n")}
    )
    _describe -t commands command words_here`;
}

function branch({ paths, options, positionals }: DescribedCommand, indent: string, before = ""): string {
  const specs = [...options.flatMap(optionSpec), ...positionals.map(positionalSpec)];
  return `${indent}${paths[0]?.at(-1)}) ${before}_arguments -s : ${specs.map((spec) => `\\\n${indent}  ${spec}`).join(" ")} ;;`;
}

function optionSpec({ names, description, takesValue, values }: CommandOption): string[] {
  const text = `[${escaped(description)}]`;
  return names.map((name) => {
    const others = names.length > 1 ? `(${names.join(" ")})` : "";
    const value = takesValue ? `:value:${action(values)}` : "";
    return quoted(`${others}${name}${takesValue && name.startsWith("--") ? "=" : ""}${text}${value}`);
  });
}

function positionalSpec({ name, required, values }: Positional, i: number): string {
  return quoted(`${i + 1}:${required ? "" : ":"}${escaped(name)}:${action(values)}`);
}

function action(values: Values | undefined): string {
  if (values === undefined) return " ";
  if (values === "file") return "_files";
  if (values === "folder") return "_files -/";
  return values === "key" ? "_fxn_keys" : `(${values.join(" ")})`;
}

function escaped(text: string): string {
  return text.replace(/[\\:[\]]/g, "\\$&");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
