// What is wrong with the configuration, all of it at once, printed like a compiler's messages.
import { FxnError } from "../core/errors.ts";
import type { Config } from "./schema.ts";
import type { Mapping } from "./yaml-tree.ts";

/** Where something stands; lines and columns count from 1, an environment variable has none. */
export interface Place {
  /** "config.yaml", "model_backend.yaml" or "$FXN_NODE_LISTEN_PORT". */
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface Problem extends Place {
  /** "node.listenPort", "models[0].backends[1].url"; "" for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** The name that was probably meant. */
  readonly suggestion?: string;
}

/** A path of keys and list positions. */
export type Path = readonly (string | number)[];

/** models, 0, backends → "models[0].backends"; a key that is no plain word is quoted, so that it cannot forge a line. */
export function pathText(path: Path): string {
  return path
    .map((part) => (typeof part === "number" || !/^[\w-]+$/.test(part) ? `[${JSON.stringify(part)}]` : `.${part}`))
    .join("")
    .replace(/^\./, "");
}

/** `config.yaml:12:5: node.listenPrt: unknown key, did you mean "listenPort"?` */
export function formatProblem(problem: Problem): string {
  const { file, line, column, path, message, suggestion } = problem;
  const place = line === undefined ? file : `${file}:${line}:${column}`;
  const meant = suggestion === undefined ? "" : `, did you mean ${JSON.stringify(suggestion)}?`;
  return `${[place, path, message].filter(Boolean).join(": ")}${meant}`;
}

/** What nothing is wrong with in a configuration with problems elsewhere. */
export interface Readable {
  readonly config: Config;
  readonly networks: Mapping;
}

/** Nobody reads on; a wrong file has a hundred thousand, and they go to terminals, logs and the node's socket. */
const MOST_SHOWN = 100;

export class ConfigError extends FxnError<"config_invalid"> {
  /** Files first, each in the order of its lines, then the environment; the last one says how many are left out. */
  readonly problems: readonly Problem[];
  /** undefined: config.yaml, or a variable, is at fault. */
  readonly readable: Readable | undefined;

  constructor(problems: readonly Problem[], readable?: Readable) {
    const files = [...new Set(problems.map(({ file }) => file))];
    const sorted = problems.toSorted(
      (a, b) =>
        Number(isVariable(a)) - Number(isVariable(b)) ||
        files.indexOf(a.file) - files.indexOf(b.file) ||
        (a.line ?? 0) - (b.line ?? 0) ||
        (a.column ?? 0) - (b.column ?? 0),
    );
    const count = sorted.length === 1 ? "a problem" : `${sorted.length} problems`;
    const shown = sorted.slice(0, MOST_SHOWN);
    const [next] = sorted.slice(MOST_SHOWN);
    if (next) {
      const { suggestion, ...at } = next;
      const left = `and ${sorted.length - MOST_SHOWN} more from here on: mend the first, then look again`;
      shown.push({ ...at, path: "", message: left });
    }
    super("config_invalid", 500, [`the configuration has ${count}`, ...shown.map(formatProblem)].join("\n"), {
      hint: "`fxn config check` looks again; config.example.yaml explains every setting.",
    });
    this.problems = shown;
    this.readable = readable;
  }
}

function isVariable({ file }: Problem): boolean {
  return file.startsWith("$");
}
