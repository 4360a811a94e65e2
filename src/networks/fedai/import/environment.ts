// The reference's variables in the environment of a start: what each one that is set decides, read as strictly as a file.
import type { NetworkEnvironment } from "../../../core/network-import.ts";
import { importVariables, isKnown, settingOf } from "./import.ts";

/** A node that is started with it is one of fed_AI. */
const KEY = "NODE_PRIVATE_KEY_PEM";

/** Only what is set: no default of the reference comes with it. @throws FedaiError that names the variable */
export function importEnvironment(env: Readonly<Record<string, string | undefined>>, on: boolean): NetworkEnvironment {
  if (!on && !env[KEY]) return { settings: [], privateKey: undefined, notes: [] };
  const variables = Object.entries(env).flatMap(([name, value]) =>
    value && isKnown(name) ? [{ name, value, place: `$${name}` }] : [],
  );
  const names = variables.map(({ name }) => name);
  if (names.length === 0) return { settings: [], privateKey: undefined, notes: [] };
  const { settings, privateKey, notes } = importVariables(variables);
  const decided = Map.groupBy(
    names.filter((name) => settingOf(name) !== undefined),
    (name) => settingOf(name) ?? "",
  );
  const turnedOn = privateKey ? [{ setting: "enabled", value: true, names: [KEY] }] : [];
  const read = [...decided].flatMap(([setting, by]) => {
    const value = at(settings, setting);
    return value === undefined ? [] : [{ setting, value, names: by }];
  });
  return {
    settings: [...turnedOn, ...read],
    privateKey,
    // Those of variables that are set; the others are about a whole file.
    notes: notes.filter((note) => names.includes(note.slice(0, note.indexOf(":")))),
  };
}

function at(tree: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, key) =>
        typeof value === "object" && value !== null
          ? Object.entries(value).find(([name]) => name === key)?.[1]
          : undefined,
      tree,
    );
}
