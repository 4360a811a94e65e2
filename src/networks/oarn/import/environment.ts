// OARN_<SECTION>_<KEY>: every name of config.toml as a variable. The reference node reads none; the form is ours.
import type { Environment } from "../../../config/environment.ts";
import type { NetworkEnvironment } from "../../../core/network-import.ts";
import { Secret } from "../../../core/secret.ts";
import { ENVIRONMENT_ONLY, NAMES, variableOf } from "./names.ts";

/** What holds a secret, and is read by nobody here. */
const KEYS = ["OARN_PRIVATE_KEY", "OARN_WALLET_PRIVATE_KEY"];

/** Of this network's key; the reference node has none. */
const PASSWORD = "OARN_WALLET_PASSWORD";

/** What the file has as a number, or as another one than here. */
const TAKEN = ["storage.cacheSize", "p2p.listenAddresses", "privacy.required"];
const numberOf = (text: string) => (/^\d+$/.test(text) ? Number(text) : text);

/** What the schema thinks of the values is for the schema to say; lists are texts with commas. */
export function readEnvironment(env: Environment, on: boolean): NetworkEnvironment {
  if (!on) return { settings: [], privateKey: undefined, notes: [] };
  const taken = new Set<string>();
  const settings = [...NAMES, ...ENVIRONMENT_ONLY].flatMap(({ setting, written: known, take }) => {
    const name = known.map(variableOf).find((variable) => env[variable]);
    if (name === undefined || taken.has(setting)) return [];
    const written = env[name] ?? "";
    const value = TAKEN.includes(setting) ? take(numberOf(written)) : written;
    if (value === undefined) return [];
    taken.add(setting);
    return [{ setting, value, names: [name] }];
  });
  const notes = KEYS.filter((name) => env[name]).map(
    (name) => `${name}: not read; keys are brought with: fxn oarn wallet import FILE`,
  );
  const password = env[PASSWORD];
  return { settings, privateKey: undefined, keyPassword: password ? new Secret(password) : undefined, notes };
}
