// The reference's variables in the environment of a start: what each one that is set decides, read as strictly as a file.
import type { Environment } from "../../../config/environment.ts";
import type { NetworkEnvironment } from "../../../core/network-import.ts";
import { parsePrivateKey } from "../keys.ts";
import { importVariables, isKnown, settingOf } from "./import.ts";
import { at, listsOver } from "./lists-over.ts";
import { RUNNER_VARIABLES } from "./runner.ts";

/** A node that is started with it is one of fed_AI. */
const KEY = "NODE_PRIVATE_KEY_PEM";
const SERVERS =
  "model servers stand in model_backend.yaml, which fxn networks import writes from such variables in a file";
const NOTHING: NetworkEnvironment = { settings: [], privateKey: undefined, notes: [] };

/**
 * Only what is set: no default of the reference comes with it.
 * @param written of the network in the file @throws FedaiError that names the variable
 */
export function importEnvironment(env: Environment, on: boolean, written?: unknown): NetworkEnvironment {
  const key = env[KEY];
  if (!on && !key) return NOTHING;
  if (!on && key && parsePrivateKey(key) === undefined) {
    return { ...NOTHING, notes: [`${KEY}: not used: no key of a fed_AI node, and networks.fedai is off`] };
  }
  const variables = Object.entries(env).flatMap(([name, value]) =>
    value && isKnown(name) ? [{ name, value, place: `$${name}` }] : [],
  );
  const names = variables.map(({ name }) => name);
  if (names.length === 0) return NOTHING;
  const { settings, privateKey, notes } = importVariables(variables);
  const lists = listsOver(settings, written, names);
  const decided = Map.groupBy(
    names.filter((name) => settingOf(name) !== undefined),
    (name) => settingOf(name) ?? "",
  );
  const turnedOn = privateKey ? [{ setting: "enabled", value: true, names: [KEY] }] : [];
  const read = [...decided].flatMap(([setting, by]) => {
    const value = Object.hasOwn(lists.settings, setting) ? lists.settings[setting] : at(settings, setting);
    return value === undefined ? [] : [{ setting, value, names: by }];
  });
  return {
    settings: [...turnedOn, ...read],
    privateKey,
    // Those of variables that are set; the others are about a whole file.
    notes: [
      ...names.filter((name) => RUNNER_VARIABLES.includes(name)).map((name) => `${name}: not used: ${SERVERS}`),
      ...notes.filter((note) => isOf(note, names) && !isOf(note, RUNNER_VARIABLES)),
      ...lists.notes,
    ],
  };
}

function isOf(note: string, names: readonly string[]): boolean {
  return names.includes(note.slice(0, note.indexOf(":")));
}
