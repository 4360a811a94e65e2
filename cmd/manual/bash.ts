// Completion for bash, 3.2 (macOS) and newer: one function that finds the command, then what may stand at the cursor.
import type { DescribedCommand } from "./commands.ts";
import { children, groups, type Place, placesOf } from "./places.ts";
import type { Values } from "./values.ts";

export function bashCompletion(commands: readonly DescribedCommand[]): string {
  const cases = commands.map(({ paths, options }) => {
    const all = options.flatMap(({ names }) => names);
    const taking = options.filter(({ takesValue }) => takesValue).flatMap(({ names }) => names);
    return `    ${patterns(paths)}) options=${quoted(all)} taking=${quoted(taking)} ;;`;
  });
  const second = groups(commands).map(({ names, parts }) => {
    return `      ${names.join("|")}) (( COMP_CWORD == 2 )) && { _fxn_words ${quoted(parts.map(({ word }) => word))}; return; }
        command+=" \${COMP_WORDS[2]}" first=3 ;;`;
  });
  const places = commands.flatMap((command) => placesOf(command).map((place) => placeCase(command, place)));
  return `# bash completion for fxn: source this file, or put it where bash-completion looks.

_fxn_words() { COMPREPLY=($(compgen -W "$1" -- "$current")); }

_fxn_paths() {
  local path
  compopt -o filenames 2>/dev/null
  while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$1" -- "$current")
}

_fxn_keys() {
  local i home=\${FXN_HOME:-$HOME/.fxn} file names=node
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == --home ]] || continue
    home=\${COMP_WORDS[i + 1]}
    [[ $home == = ]] && home=\${COMP_WORDS[i + 2]}
    [[ $home == '~/'* ]] && home=$HOME/\${home#'~/'}
  done
  for file in "$home"/keys/*.json; do
    [[ -e $file ]] || continue
    file=\${file##*/}
    names+=" \${file%.json}"
  done
  _fxn_words "$names"
}

_fxn() {
  local current=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]} first=2 options='' taking='' option='' at=0 i word
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _fxn_words ${quoted(children(commands).map(({ word }) => word))}
    return
  fi
  case $command in
${second.join("\n")}
  esac
  case $command in
${cases.join("\n")}
    *) return ;;
  esac
  for ((i = first; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $option ]]; then
      [[ $word == = ]] || option=''
    elif [[ " $taking " == *" $word "* ]]; then
      option=$word
    elif [[ $word != -* ]]; then
      ((at++))
    fi
  done
  [[ $current == = ]] && current=''
  if [[ -z $option && $current == -* ]]; then
    _fxn_words "$options"
    return
  fi
  case "$command \${option:-$at}" in
${places.join("\n")}
  esac
}

complete -F _fxn fxn
`;
}

function placeCase({ paths }: DescribedCommand, { names, values }: Place): string {
  const all = paths.flatMap((path) => names.map((name) => quoted([...path, name])));
  return `    ${all.join("|")}) ${action(values)} ;;`;
}

function action(values: Values): string {
  if (values === "file") return "_fxn_paths -f";
  if (values === "folder") return "_fxn_paths -d";
  return values === "key" ? "_fxn_keys" : `_fxn_words ${quoted(values)}`;
}

function patterns(paths: DescribedCommand["paths"]): string {
  return paths.map(quoted).join("|");
}

function quoted(words: readonly string[]): string {
  return `'${words.join(" ")}'`;
}
