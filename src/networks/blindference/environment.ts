// The reference's variables in the environment of a start: they decide, and are never written into a file.
import { z } from "zod";
import type { Environment } from "../../config/environment.ts";
import type { EnvironmentSetting, NetworkEnvironment } from "../../core/network-import.ts";
import { Secret } from "../../core/secret.ts";
import { cofheMode, NOT_KEPT, rpcUrlsOf, SAME } from "./carried.ts";
import { BlindferenceError } from "./errors.ts";

const PREFIX = "BLF_";
const nameOf = (field: string) => `${PREFIX}${field.toUpperCase()}`;

/** Variables of other names; the first that is set decides. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  promptKeyStore: ["BLF_PROMPT_KEY_STORE_ADDRESS", "PROMPT_KEY_STORE_ADDRESS"],
  "ipfs.uploadToken": ["BLF_IPFS_UPLOAD_JWT", "PINATA_JWT"],
};

const UNREAD: Readonly<Record<string, string>> = {
  GROQ_API_KEY: "not read; models are those of model_backend.yaml",
  GOOGLE_API_KEY: "not read; models are those of model_backend.yaml",
  MOCK_ATTESTATION_KEY: "not read; a mock proves nothing, whatever its key",
  BLF_KEYSTORE_PATH: "not read; the key is this home's, see networks.blindference.account",
  BLF_CONFIG_DIR: "not read; the home is that of --home, or $FXN_HOME",
  BLF_STAKE_AMOUNT: "not read; fxn blindference staking stake takes the amount",
  ...Object.fromEntries(Object.entries(NOT_KEPT).map(([field, why]) => [nameOf(field), why.replace("kept", "read")])),
};

const KEY = "BLF_PRIVATE_KEY";
const PASSWORD = "BLF_KEY_PASSWORD";
const written = z.looseObject({
  rpcUrls: z.array(z.string()).optional(),
  cofhe: z.looseObject({ mode: z.string().optional() }).optional(),
});

/** What the schema thinks of the values is for the schema to say. */
export function readEnvironment(env: Environment, on: boolean, inFile?: unknown): NetworkEnvironment {
  if (!on) return { settings: [], privateKey: undefined, notes: [] };
  const password = env[PASSWORD];
  return {
    settings: [...plain(env), ...gateway(env), ...cofhe(env, inFile)],
    privateKey: privateKeyOf(env[KEY]),
    // Also the empty one, with which the reference encrypts where none is given.
    keyPassword: password === undefined ? undefined : new Secret(password),
    notes: [
      ...Object.entries(UNREAD).flatMap(([name, why]) => (env[name] ? [`${name}: ${why}`] : [])),
      ...(cofheMode(env.BLF_COFHE_MODE).known ? [] : ["BLF_COFHE_MODE: neither bridge nor python: bridge"]),
    ],
  };
}

function plain(env: Environment): EnvironmentSetting[] {
  const named = [
    ...Object.entries(SAME).map(([field, setting]) => [setting, [nameOf(field)]] as const),
    ...Object.entries(OTHERS),
  ].filter(([setting]) => setting !== "ipfs.gateway");
  return named.flatMap(([setting, names]) => {
    const name = names.find((one) => env[one]);
    return name === undefined ? [] : [{ setting, value: env[name], names: [name] }];
  });
}

function gateway(env: Environment): EnvironmentSetting[] {
  const name = ["BLF_IPFS_GATEWAY", "PINATA_GATEWAY_URL"].find((one) => env[one]);
  return name === undefined ? [] : [{ setting: "ipfs.gateway", value: env[name], names: [name] }];
}

/** What the endpoint means hangs on the mode. */
function cofhe(env: Environment, inFile: unknown): EnvironmentSetting[] {
  const file = written.safeParse(inFile).data;
  const { BLF_COFHE_MODE: word, BLF_COFHE_ENDPOINT: endpoint } = env;
  const { mode } = cofheMode(word || file?.cofhe?.mode);
  const rpcName = ["BLF_RPC_URL", "BLF_FHENIX_RPC"].find((name) => env[name]);
  const asRpc = endpoint && mode !== "python";
  const rpcNames = [...(rpcName ? [rpcName] : []), ...(asRpc ? ["BLF_COFHE_ENDPOINT"] : [])];
  const known = rpcName ? [env[rpcName]] : (file?.rpcUrls ?? []);
  return [
    ...(word && mode ? [{ setting: "cofhe.mode", value: mode, names: ["BLF_COFHE_MODE"] }] : []),
    ...(endpoint && mode === "python"
      ? [{ setting: "cofhe.endpoint", value: endpoint, names: ["BLF_COFHE_ENDPOINT"] }]
      : []),
    ...(rpcNames.length > 0
      ? [{ setting: "rpcUrls", value: rpcUrlsOf(...known, asRpc ? endpoint : undefined), names: rpcNames }]
      : []),
  ];
}

function privateKeyOf(given: string | undefined): Secret | undefined {
  if (!given) return undefined;
  const digits = given.trim().replace(/^0x/i, "");
  if (/^[0-9a-f]{64}$/i.test(digits)) return new Secret(digits.toLowerCase());
  throw new BlindferenceError("blindference_file", `$${KEY} is not 64 hex digits`);
}
