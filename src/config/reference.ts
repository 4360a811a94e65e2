// The settings for readers: a table for the README, and JSON Schemas for editors.
import { z } from "zod";
import type { ConfigBook } from "./book.ts";
import { environmentName } from "./environment.ts";
import { inline } from "./example.ts";
import { goModelSchema, modelListSchema } from "./models-schema.ts";
import { isInList, type Setting, settingsOf } from "./settings.ts";

/** Markdown: one table for config.yaml, one for each form of model_backend.yaml. */
export function settingsMarkdown({ settings }: ConfigBook): string {
  return [
    "**`config.yaml`**",
    "",
    ...table(settings, true),
    "",
    "**`model_backend.yaml`**, one model server for every request (the Go node's form)",
    "",
    ...table(settingsOf(goModelSchema), false),
    "",
    "**`model_backend.yaml`**, a list of models",
    "",
    ...table(settingsOf(modelListSchema), false),
  ].join("\n");
}

function table(settings: readonly Setting[], withEnvironment: boolean): string[] {
  const columns = ["Setting", "Type", "Default", ...(withEnvironment ? ["Environment"] : []), "What it does"];
  const rows = settings
    .filter(({ role }) => role === "setting")
    .map((setting) => [
      code(setting.path),
      setting.type,
      setting.default === undefined ? (setting.required ? "required" : "") : code(inline(setting.default)),
      ...(withEnvironment ? [isInList(setting.path) ? "" : code(environmentName(setting.path))] : []),
      withEnvironment && !setting.reloadable ? `${setting.help} Needs a restart.` : setting.help,
    ]);
  return [columns, columns.map(() => "---"), ...rows].map((cells) => `| ${cells.map(escaped).join(" | ")} |`);
}

function code(words: string): string {
  return `\`${words}\``;
}

function escaped(cell: string): string {
  return cell.replaceAll("|", "\\|");
}

/** JSON Schema of config.yaml as an operator writes it. */
export function configJsonSchema({ schema }: ConfigBook): unknown {
  return { title: "config.yaml of fxn", ...z.toJSONSchema(schema, { io: "input" }) };
}

/** JSON Schema of model_backend.yaml: either form. */
export function modelsJsonSchema(): unknown {
  const either = z.union([goModelSchema, modelListSchema]);
  return { title: "model_backend.yaml of fxn", ...z.toJSONSchema(either, { io: "input" }) };
}
