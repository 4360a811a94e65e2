// Loads the configuration: both files and the environment become values, or one error with everything that is wrong.
import { resolve } from "node:path";
import { FxnError, messageOf } from "../core/errors.ts";
import type { ConfigBook } from "./book.ts";
import { cautions, contradictions } from "./checks.ts";
import {
  type Environment,
  type Override,
  overridesOf,
  placesWith,
  strayVariables,
  withOverrides,
} from "./environment.ts";
import { readModels } from "./models.ts";
import type { ModelsConfig } from "./models-schema.ts";
import { configLeaves, type Leaf, modelLeaves, shownConfig } from "./origins.ts";
import { parseTree } from "./parse.ts";
import { ConfigError, type Path, type Place, type Problem } from "./problems.ts";
import type { Config } from "./schema.ts";
import { type ReadFile, readTextFile } from "./text-file.ts";
import { readYaml } from "./yaml-file.ts";
import { isMapping, type Mapping } from "./yaml-tree.ts";

export const CONFIG_FILE = "config.yaml";
export const MODELS_FILE = "model_backend.yaml";

export interface LoadPorts {
  /** The node's home folder. */
  readonly home: string;
  readonly env: Environment;
  /** Default: the disk. */
  readonly readFile?: ReadFile;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Of each network that is configured, what its own schema parses: the file's part with the environment over it. */
  readonly networks: Mapping;
  /** undefined: there is no model_backend.yaml. */
  readonly models: ModelsConfig | undefined;
  readonly warnings: readonly Problem[];
  /** Where a setting of config.yaml stands. */
  placeOf(path: Path): Place;
  /** For a person to look at, secrets masked. */
  show(): ShownConfig;
}

export interface ShownConfig {
  /** Both files with the defaults filled in, as YAML would write them. */
  readonly config: unknown;
  readonly models: unknown;
  /** Every value and where it comes from. */
  readonly origins: readonly Leaf[];
}

/** @throws ConfigError with the problems of both files and the environment */
export async function loadConfig(
  { home, env, readFile = readTextFile }: LoadPorts,
  book: ConfigBook,
): Promise<LoadedConfig> {
  const inHome: ReadFile = (name) => readFile(resolve(home, name));
  const main = await loadMain(env, inHome, book);
  const models = await loadModels(inHome);
  const problems = [...main.problems, ...models.problems];
  const { config } = main;
  const networks = isMapping(main.tree.networks) ? main.tree.networks : {};
  const readable = main.problems.length === 0 && config ? { config, networks } : undefined;
  if (problems.length > 0 || !config) throw new ConfigError(problems, readable);
  return {
    ...{ config, networks },
    models: models.models,
    warnings: [...main.warnings, ...models.warnings],
    placeOf: (path) => main.places.valueAt(path),
    show() {
      const shown = shownConfig(config, book);
      const { written, file } = models;
      const ofModels = written === undefined ? [] : modelLeaves(written, file);
      const origins = [...configLeaves(shown, main.file, main.overrides, book), ...ofModels];
      return { config: shown, models: written, origins };
    },
  };
}

async function loadMain(env: Environment, readFile: ReadFile, book: ConfigBook) {
  const { schema, settings, further } = book;
  const { file, problems: unreadable } = await open(CONFIG_FILE, readFile);
  const ofOurs = overridesOf(env, settings);
  const others = attempt(() => further(env, withOverrides(file.value, ofOurs)));
  const problems = [...unreadable, ...others.problems];
  const overrides = [...ofOurs, ...others.found];
  const places = placesWith(overrides, file);
  const tree = withOverrides(file.value, overrides);
  const parsed = parseTree(schema, tree, places, settings);
  // Of a broken file only the environment's part is known: too little to find contradictions in.
  const config = file.broken ? undefined : parsed.value;
  return {
    file,
    overrides,
    tree,
    places,
    config,
    problems: [
      ...problems,
      ...parsed.problems,
      ...(config ? contradictions(config, places, book.contradictions(tree)) : []),
    ],
    warnings: [...strayVariables(env, settings), ...(config ? cautions(config, places) : [])],
  };
}

async function loadModels(readFile: ReadFile) {
  const { file, problems, missing } = await open(MODELS_FILE, readFile);
  if (missing || file.broken) return { file, models: undefined, written: undefined, problems, warnings: [] };
  const read = await readModels(file, readFile);
  return {
    file,
    models: read.models,
    written: read.written,
    problems: [...problems, ...read.problems],
    warnings: read.warnings,
  };
}

async function open(name: string, readFile: ReadFile) {
  try {
    const text = await readFile(name);
    const file = readYaml(name, text);
    return { file, problems: file.problems, missing: text === undefined };
  } catch (error) {
    const message = `cannot be read: ${messageOf(error)}`;
    return { file: readYaml(name), problems: [{ file: name, path: "", message }], missing: true };
  }
}

function attempt(read: () => readonly Override[]): { found: readonly Override[]; problems: Problem[] } {
  try {
    return { found: read(), problems: [] };
  } catch (error) {
    if (!(error instanceof FxnError)) throw error;
    return { found: [], problems: [{ file: "environment", path: "", message: error.message }] };
  }
}
