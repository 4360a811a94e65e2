// Takes over the configuration of a network's reference node: settings into config.yaml, its key into keys/, the rest said.

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { MODELS_FILE } from "../config/load.ts";
import { readTextFile } from "../config/text-file.ts";
import { FxnError, messageOf } from "../core/errors.ts";
import type { NetworkImport } from "../core/network-import.ts";
import type { Passwords } from "../keys/password.ts";
import { saveImportedKey, saveImportedKeystore } from "../keys/save-imported-key.ts";
import { loadUnfinished } from "./config.ts";
import { planChange } from "./planned-change.ts";
import type { OwnNetwork } from "./ports.ts";

export interface ImportedNetwork {
  /** Setting by setting: "networks.fedai.nodeId", and what it is now. */
  readonly settings: readonly (readonly [path: string, value: unknown])[];
  /** Of the key's file, and whether it was written now; undefined: no key came with it. */
  readonly key: { readonly path: string; readonly written: boolean } | undefined;
  /** The Function Network was turned off: this home has only been for the network that was imported. */
  readonly alone: boolean;
  /** What the home still has no model server for. */
  readonly modelServer: NetworkImport["modelServer"];
  readonly notes: readonly string[];
}

export interface ImportOptions {
  readonly home: string;
  readonly text: string;
  /** Names the text in errors. */
  readonly where: string;
  readonly passwords: Passwords;
}

/** The new configuration is checked before anything is written. @throws FxnError */
export async function importNetwork(network: OwnNetwork, options: ImportOptions): Promise<ImportedNetwork> {
  const { home, text, where, passwords } = options;
  const { settings, privateKey, keystore, modelServer, notes } = network.importFile(text, where);
  if (modelServer) refuseCredentials(modelServer.url, where);
  const section = `networks.${network.id}`;
  const stored = keystore === undefined ? undefined : await readKeystore(keystore, where);
  const account = privateKey || stored?.text !== undefined ? { [`${section}.account`]: network.id } : {};
  const plan = await planChange(home, {
    [`${section}.enabled`]: true,
    ...account,
    ...Object.fromEntries(leavesOf(settings, section)),
  });
  const shown = (await loadUnfinished(plan.ports)).show();
  const key = privateKey
    ? await saveImportedKey(home, network.id, privateKey, passwords, network.keyKind)
    : stored?.text && saveImportedKeystore(home, network.id, stored.text, stored.path);
  plan.write();
  return {
    // As `config show` shows them: of URLs, which may hold a password, the host.
    settings: shown.origins
      .filter(({ path: name }) => name in plan.changes)
      .map(({ path: name, value }) => [name, value]),
    key: key || undefined,
    alone: plan.alone,
    modelServer: existsSync(join(home, MODELS_FILE)) ? undefined : modelServer,
    notes: stored && stored.text === undefined ? [...notes, missing(stored.path)] : notes,
  };
}

/** Beside the file that names it, unless it says otherwise. */
async function readKeystore(written: string, where: string) {
  const path = written.startsWith("~/") ? join(homedir(), written.slice(2)) : resolve(dirname(where), written);
  const text = await readTextFile(path).catch((cause: unknown) => {
    const hint = "Correct the path in that file, or bring the key with fxn accounts import.";
    const message = `the keystore ${path}, which ${where} names, cannot be read: ${messageOf(cause)}`;
    throw new FxnError("file_unreadable", 500, message, { cause, hint });
  });
  return { path, text };
}

function missing(path: string): string {
  return `keystore: there is none at ${path}; bring the key with fxn accounts import`;
}

function refuseCredentials(url: string, where: string): void {
  const { username, password, host } = new URL(url);
  if (username === "" && password === "") return;
  throw new FxnError(
    "import_credentials",
    500,
    `${where}: the URL of the model server at ${host} has a password in it`,
    {
      hint: "Take it out of the URL, and write it as apiKey or bearerToken into model_backend.yaml.",
    },
  );
}

/** What is written already beside them stays: a list is a value, a section is not. */
function leavesOf(tree: Readonly<Record<string, unknown>>, path: string): [path: string, value: unknown][] {
  return Object.entries(tree).flatMap(([name, value]) =>
    isSection(value) ? leavesOf(value, `${path}.${name}`) : [[`${path}.${name}`, value]],
  );
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function networkNamed<Network extends { readonly id: string }>(
  id: string,
  networks: readonly Network[],
): Network {
  const found = networks.find((network) => network.id === id);
  if (found) return found;
  const ids = networks.map((network) => network.id).join(", ");
  throw new FxnError("network_unknown", 500, `there is no network "${id}" to import for`, {
    hint:
      ids === "" ? "No network has a configuration of its own." : `Networks with a configuration of their own: ${ids}.`,
  });
}
