// config.example.yaml and new config files: settings as commented YAML, made from the schema.
import { stringify } from "yaml";
import type { ConfigBook } from "./book.ts";
import { environmentName } from "./environment.ts";
import { goModelSchema, modelListSchema } from "./models-schema.ts";
import { isInList, keyOf, type Setting, settingsOf } from "./settings.ts";

const WIDTH = 110;
const RULE = "-".repeat(WIDTH);

const INTRODUCTION =
  "config.yaml of fxn, with every setting and its default. It stands in the node's home folder (~/.fxn, or --home); what is left out there has the default that it has here. Made from the schema by build/docs.ts.";
const READING =
  "Each setting can also come from the environment variable in brackets, which then wins over the file; a list is given with commas. Durations are Go's (90s, 1m30s), sizes are bytes or 512KB, 20MB, 1GB. `fxn config check` looks for mistakes, `fxn config show --origin` says where each value comes from. A running node takes changes over with `fxn reload`, but for those that need a restart.";

/** Every setting of config.yaml with its help and default, then both forms of model_backend.yaml as comments. */
export function exampleYaml({ settings }: ConfigBook): string {
  const models = [
    RULE,
    "model_backend.yaml, first form: one model server for every request, as the Go node has it.",
    "",
    ...renderSettings(settingsOf(goModelSchema)),
    "",
    RULE,
    "model_backend.yaml, second form: models with aliases, each on one or more model servers.",
    "",
    // The example is a server, which has a URL.
    ...renderSettings(
      settingsOf(modelListSchema).map((setting) =>
        keyOf(setting.path) === "url" ? { ...setting, required: true } : setting,
      ),
    ),
  ];
  const lines = [
    ...comment(INTRODUCTION),
    "#",
    ...comment(READING),
    "",
    ...renderSettings(settings, ({ path, reloadable }) => {
      const restart = reloadable ? "" : " Needs a restart.";
      return isInList(path) ? restart : `${restart} [${environmentName(path)}]`;
    }),
    "",
    ...models.map((line) => `# ${line}`.trimEnd()),
  ];
  return `${lines.join("\n")}\n`;
}

/**
 * The settings as YAML lines, each below its help.
 * @param note what else to say of a setting
 */
export function renderSettings(settings: readonly Setting[], note: (setting: Setting) => string = () => ""): string[] {
  const sectioned = settings.some(({ path, role }) => role === "section" && !path.includes("."));
  // What may be left out is left out, with all that is in it, and shown as comments.
  const left = settings
    .filter(
      ({ role, ...one }) => (role === "section" && isUnset(one)) || (role === "list of sections" && !one.required),
    )
    .map(({ path }) => path);
  return settings.flatMap((setting, index) => {
    const { path, role } = setting;
    const depth = path.split(".").length - 1 + (path.match(/\[\]\./g)?.length ?? 0);
    const opensItem = settings[index - 1]?.role === "list of sections";
    const indent = "  ".repeat(opensItem ? depth - 1 : depth);
    const gap = sectioned && depth === 0 && index > 0 ? [""] : [];
    const words = role === "setting" ? `${setting.help}${note(setting)}` : setting.help;
    const help = comment(words).map((line) => `${indent}${line}`);
    const key = `${opensItem ? "- " : ""}${keyOf(path)}:`;
    const without = left.some((section) => path === section || path.startsWith(`${section}.`));
    const begin = `${indent}${without || (role === "setting" && isUnset(setting)) ? "# " : ""}${key}`;
    return [...gap, ...help, role === "setting" ? `${begin} ${inline(setting.example)}` : begin];
  });
}

/** Left out unless somebody wants it. */
function isUnset(setting: Pick<Setting, "default" | "required">): boolean {
  return setting.default === undefined && !setting.required;
}

/** A value on one line, quoted where YAML needs it. */
export function inline(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false }).trimEnd();
}

/** A value as a YAML document. */
export function yaml(value: unknown): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}

/** Words in comment lines of at most WIDTH characters. */
export function comment(words: string): string[] {
  const lines = [""];
  for (const word of words.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line.length + word.length < WIDTH) lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `# ${line}`);
}
