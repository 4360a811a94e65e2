// Whether the keys that sign are there, are nobody else's, and can be opened without a person.
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { LoadedConfig } from "../../config/load.ts";
import { type CheckKind, fail, ok, skip } from "../../core/check.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import { keyPath, NODE_KEY, readKey } from "../../keys/key-store.ts";
import { passwordsFrom } from "../../keys/password.ts";
import { functionIsOn, ownNetworksOn } from "../../networks/config.ts";
import { VALID } from "./config.ts";
import type { Surroundings } from "./surroundings.ts";

export const MODE = "key.mode";
export const FILE = "key.file";
const OPEN = "key_file_open_to_others";
/** A busy machine takes its time for a key that is meant to be slow to open. */
const OPENING_MS = 60_000;

interface KeyUse {
  readonly name: string;
  readonly passwordFile: string | undefined;
}

export const KEY_CHECKS: readonly CheckKind<Surroundings>[] = [
  {
    id: MODE,
    title: "Nobody else can read or change the keys",
    looksAt: "Owner and mode of the key files and their folders: 0600 and 0700, as a start demands.",
    mend: "The hint names the file: chmod 600 it, or chown it to the user that runs the node. Was it open for long? Then make a new key.",
    after: [VALID],
    async run(look) {
      const names = (await keysOf(look)).map(({ name }) => name).filter((name) => existsSync(keyPath(look.home, name)));
      if (names.length === 0) return skip("there is no key");
      for (const name of names) {
        const error = attempt(() => readKey(look.home, name, keyOwner(look.home)));
        if (error instanceof FxnError && error.code === OPEN) return fail(error.message, error.hint ?? "");
      }
      return ok(names.join(", "));
    },
  },
  {
    id: FILE,
    title: "The keys are there",
    looksAt: "Whether each key that a network signs with is there, and is a key file.",
    mend: "Make one with fxn accounts new, or bring one: fxn accounts import FILE.",
    after: [VALID, MODE],
    async run(look) {
      const keys = await keysOf(look);
      for (const { name } of keys) {
        const error = attempt(() => readKey(look.home, name, keyOwner(look.home)));
        if (error) return fail(messageOf(error), (error instanceof FxnError && error.hint) || "");
      }
      return keys.length > 0 ? ok(keys.map(({ name }) => name).join(", ")) : skip("no key in the home is used");
    },
  },
  {
    id: "key.password",
    title: "The password files open the keys",
    looksAt:
      "keystore.passwordFile, and that of each network: whether it is there and nobody else's; and where no node runs, whether it opens the key.",
    mend: "Correct the file or the setting. Without a password file a start asks, or takes --password-file.",
    after: [VALID, FILE],
    limitMs: OPENING_MS,
    async run(look) {
      const running = await look.status().catch(() => undefined);
      const opened: string[] = [];
      for (const { name, passwordFile } of await keysOf(look)) {
        const user = keyOwner(look.home);
        const key = readKey(look.home, name, user);
        if (!key.encrypted || passwordFile === undefined) continue;
        const configFile = resolve(look.home, passwordFile);
        const passwords = passwordsFrom({ configFile, user }, { env: {}, prompt: undefined, warn() {} });
        const password = await passwords.existing(name);
        // Opening takes seconds of a processor, which a running node has better use for, and has done.
        if (!running) await key.unlock(async () => password);
        opened.push(name);
      }
      return opened.length > 0 ? ok(opened.join(", ")) : skip("no encrypted key has a password file in config.yaml");
    },
  },
];

/** Whose a home's keys are to be: root may look at a service's home. undefined: the current user's. */
export function keyOwner(home: string): number | undefined {
  const user = process.getuid?.();
  return user === 0 && existsSync(home) ? statSync(home).uid : user;
}

/** Of the networks that are on, without those whose key is in a variable. */
async function keysOf({ config, env }: Surroundings): Promise<readonly KeyUse[]> {
  const loaded: LoadedConfig = await config();
  const shared = loaded.config.keystore.passwordFile;
  const node = functionIsOn(loaded.config) ? [{ name: NODE_KEY, passwordFile: shared }] : [];
  const own = ownNetworksOn(loaded)
    .filter(({ network }) => network.readEnvironment(env, true).privateKey === undefined)
    .map(({ account, passwordFile }) => ({ name: account, passwordFile: passwordFile ?? shared }));
  return [...node, ...own];
}

function attempt(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}
