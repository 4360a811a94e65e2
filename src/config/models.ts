// model_backend.yaml: the Go node's form or the list form, as the one shape that the rest of the program knows.
import { z } from "zod";
import { type FilledEntry, readBackend, withKindDefaults } from "./backend-entry.ts";
import { goModelSchema, type ModelConfig, type ModelsConfig, modelListSchema } from "./models-schema.ts";
import { parseTree, unknownKeys } from "./parse.ts";
import { type Path, type Problem, pathText } from "./problems.ts";
import { settingsOf } from "./settings.ts";
import type { ReadFile } from "./text-file.ts";
import type { YamlFile } from "./yaml-file.ts";

export interface ModelsResult {
  readonly models?: ModelsConfig;
  /** The file with its defaults filled in, as YAML would write it; secrets are masked. */
  readonly written?: unknown;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

const GO_SETTINGS = settingsOf(goModelSchema);
const LIST_SETTINGS = settingsOf(modelListSchema);
const ALL_SETTINGS = [...GO_SETTINGS, ...LIST_SETTINGS];
const FORMS = "url (one model server for everything) or models (a list)";

export async function readModels(file: YamlFile, readFile: ReadFile): Promise<ModelsResult> {
  const keys = Object.keys(file.value);
  const goKey = keys.find((key) => GO_SETTINGS.some(({ path }) => path === key));
  const listed = keys.includes("models");
  if (goKey && listed) {
    const message = `stands beside models: a file has either ${FORMS}`;
    return refused([{ ...file.keyAt([goKey]), path: goKey, message }]);
  }
  if (listed) return readList(file, readFile);
  if (goKey) return readGo(file, readFile);
  const empty = { ...file.keyAt([]), path: "", message: `the file is empty: expected ${FORMS}` };
  return refused(keys.length === 0 ? [empty] : unknownKeys(keys, [], file, ALL_SETTINGS));
}

async function readGo(file: YamlFile, readFile: ReadFile): Promise<ModelsResult> {
  const { value, problems } = parseTree(goModelSchema, file.value, file, ALL_SETTINGS);
  if (!value) return refused(problems);
  const entry = withKindDefaults(value, value.backendProvider);
  const { fxnId, modelNameAlias, backendProvider, ...server } = entry;
  const backend = { ...server, provider: backendProvider, model: modelNameAlias, weight: 1 };
  const { backends, ...found } = await resolve([backend], () => [], file, readFile);
  return {
    ...found,
    models: { catchAll: true, models: [{ id: fxnId ?? modelNameAlias ?? "default", aliases: [], backends }] },
    written: z.encode(goModelSchema, entry),
  };
}

async function readList(file: YamlFile, readFile: ReadFile): Promise<ModelsResult> {
  const { value, problems } = parseTree(modelListSchema, file.value, file, LIST_SETTINGS);
  if (!value) return refused(problems);
  const entry = {
    models: value.models.map((model) => ({
      ...model,
      backends: model.backends.map((each) => withKindDefaults(each, each.provider)),
    })),
  };
  const wrong = sharedNames(entry.models, file);
  const warnings: Problem[] = [];
  const models: ModelConfig[] = [];
  for (const [index, model] of entry.models.entries()) {
    const { backends, ...found } = await resolve(
      model.backends,
      (at) => ["models", index, "backends", at],
      file,
      readFile,
    );
    models.push({ ...model, backends });
    wrong.push(...found.problems);
    warnings.push(...found.warnings);
  }
  return { models: { catchAll: false, models }, written: z.encode(modelListSchema, entry), problems: wrong, warnings };
}

async function resolve(
  entries: readonly FilledEntry[],
  pathOf: (index: number) => Path,
  file: YamlFile,
  readFile: ReadFile,
) {
  const found = await Promise.all(entries.map((entry, index) => readBackend(entry, pathOf(index), file, readFile)));
  return {
    backends: found.map(({ backend }) => backend).filter((backend) => backend !== undefined),
    problems: found.flatMap(({ problems }) => problems),
    warnings: found.flatMap(({ warnings }) => warnings),
  };
}

/** A caller asks for a model by one name: no two models may answer to it. */
function sharedNames(models: readonly Pick<ModelConfig, "id" | "aliases">[], file: YamlFile): Problem[] {
  const owners = new Map<string, Path>();
  const problems: Problem[] = [];
  const claim = (name: string, path: Path) => {
    const owner = owners.get(name);
    if (!owner) return owners.set(name, path);
    const place = file.valueAt(owner);
    const message = `${JSON.stringify(name)} is taken: ${pathText(owner)} in line ${place.line} has it`;
    return problems.push({ ...file.valueAt(path), path: pathText(path), message });
  };
  for (const [index, { id, aliases }] of models.entries()) {
    claim(id, ["models", index, "id"]);
    for (const [at, alias] of aliases.entries()) claim(alias, ["models", index, "aliases", at]);
  }
  return problems;
}

function refused(problems: readonly Problem[]): ModelsResult {
  return { problems, warnings: [] };
}
