// Writes a node's first config files: short, with what was answered; a file that is there already is never touched.
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { Secret } from "../core/secret.ts";
import { ensurePrivateDir, PrivateFileError, writeNew } from "../lib/private-file.ts";
import type { ConfigBook } from "./book.ts";
import { comment, renderSettings, yaml } from "./example.ts";
import { CONFIG_FILE, loadConfig, MODELS_FILE } from "./load.ts";
import type { SERVERS } from "./models-schema.ts";

export interface ModelAnswer {
  readonly id: string;
  readonly aliases?: readonly string[];
  readonly provider: (typeof SERVERS)[number];
  readonly url: string;
  /** The model's name on that server, when it is not `id`. */
  readonly model?: string;
  readonly apiKey?: Secret;
  readonly bearerToken?: Secret;
}

export interface Answers {
  /** Settings of config.yaml by path, as YAML writes them: "node.listenPort" → 8080. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Without any, no model_backend.yaml is written. */
  readonly models?: readonly ModelAnswer[];
}

export interface WriteResult {
  /** Paths. */
  readonly written: readonly string[];
  /** Paths that were there before. */
  readonly kept: readonly string[];
}

/** @throws ConfigError when the answers make no valid configuration: then nothing is written */
export async function writeDefaults(home: string, answers: Answers, book: ConfigBook): Promise<WriteResult> {
  const texts: Record<string, string> = { [CONFIG_FILE]: configText(answers.settings ?? {}, book) };
  if (answers.models?.length) texts[MODELS_FILE] = modelsText(answers.models);
  await loadConfig({ home, env: {}, readFile: async (path) => texts[basename(path)] }, book);
  const paths = Object.keys(texts).map((name) => join(home, name));
  if (!paths.every((path) => existsSync(path))) ensurePrivateDir(home);
  const written = Object.entries(texts).flatMap(([name, text]) =>
    wrote(join(home, name), text) ? [join(home, name)] : [],
  );
  return { written, kept: paths.filter((path) => !written.includes(path)) };
}

/** False when there is such a file already. */
function wrote(path: string, text: string): boolean {
  try {
    writeNew(path, text);
    return true;
  } catch (error) {
    if (error instanceof PrivateFileError && error.code === "file_exists") return false;
    throw error;
  }
}

/** The comment that a new config.yaml begins with. */
export const CONFIG_HEAD: readonly string[] = comment(
  "Settings of this node: what is not here has its default. `fxn config show --origin` lists every setting, `fxn config check` looks for mistakes after a change.",
);

function configText(answers: Readonly<Record<string, unknown>>, { settings }: ConfigBook): string {
  const paths = Object.keys(answers);
  const answered = settings
    .filter(({ path }) => paths.some((answer) => answer === path || answer.startsWith(`${path}.`)))
    .map((setting) => {
      const answer = answers[setting.path];
      return setting.role === "setting" ? { ...setting, default: answer, example: answer } : setting;
    });
  return `${[...CONFIG_HEAD, "", ...renderSettings(answered)].join("\n").trimEnd()}\n`;
}

function modelsText(answers: readonly ModelAnswer[]): string {
  const models = answers.map(({ id, aliases, apiKey, bearerToken, ...server }) => ({
    id,
    aliases,
    backends: [{ ...server, apiKey: apiKey?.reveal(), bearerToken: bearerToken?.reveal() }],
  }));
  const head = comment("The models that this node serves and the model servers that have them.");
  return `${head.join("\n")}\n${yaml({ models })}\n`;
}
