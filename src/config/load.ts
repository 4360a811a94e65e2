// Loads the configuration: both files and the environment become values, or one error with everything that is wrong.
import { resolve } from "node:path";
import { messageOf } from "../core/errors.ts";
import { cautions, contradictions } from "./checks.ts";
import { type Environment, overridesOf, placesWith, strayVariables, withOverrides } from "./environment.ts";
import { readModels } from "./models.ts";
import type { ModelsConfig } from "./models-schema.ts";
import { configLeaves, type Leaf, modelLeaves, shownConfig } from "./origins.ts";
import { parseTree } from "./parse.ts";
import { ConfigError, type Problem } from "./problems.ts";
import { type Config, configSchema } from "./schema.ts";
import { type ReadFile, readTextFile } from "./text-file.ts";
import { readYaml } from "./yaml-file.ts";

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
  /** undefined: there is no model_backend.yaml. */
  readonly models: ModelsConfig | undefined;
  /** Every value and where it comes from, secrets masked. */
  readonly origins: readonly Leaf[];
  /** Both files with the defaults filled in, as YAML would write them, secrets masked. */
  readonly shown: { readonly config: unknown; readonly models: unknown };
  readonly warnings: readonly Problem[];
}

/** @throws ConfigError with the problems of both files and the environment */
export async function loadConfig({ home, env, readFile = readTextFile }: LoadPorts): Promise<LoadedConfig> {
  const inHome: ReadFile = (name) => readFile(resolve(home, name));
  const main = await loadMain(env, inHome);
  const models = await loadModels(inHome);
  const problems = [...main.problems, ...models.problems];
  if (problems.length > 0 || !main.config) throw new ConfigError(problems);
  return {
    config: main.config,
    models: models.models,
    origins: [...main.leaves, ...models.leaves],
    shown: { config: main.shown, models: models.shown },
    warnings: [...main.warnings, ...models.warnings],
  };
}

async function loadMain(env: Environment, readFile: ReadFile) {
  const { file, problems } = await open(CONFIG_FILE, readFile);
  const overrides = overridesOf(env);
  const places = placesWith(overrides, file);
  const parsed = parseTree(configSchema, withOverrides(file.value, overrides), places);
  // Of a broken file only the environment's part is known: too little to find contradictions in.
  const config = file.broken ? undefined : parsed.value;
  const shown = config && shownConfig(config);
  return {
    config,
    problems: [...problems, ...parsed.problems, ...(config ? contradictions(config, places) : [])],
    warnings: [...strayVariables(env), ...(config ? cautions(config, places) : [])],
    shown,
    leaves: configLeaves(shown, file, overrides),
  };
}

async function loadModels(readFile: ReadFile) {
  const { file, problems, missing } = await open(MODELS_FILE, readFile);
  if (missing || file.broken) return { models: undefined, problems, warnings: [], shown: undefined, leaves: [] };
  const read = await readModels(file, readFile);
  return {
    models: read.models,
    problems: [...problems, ...read.problems],
    warnings: read.warnings,
    shown: read.written,
    leaves: modelLeaves(read.written, file),
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
