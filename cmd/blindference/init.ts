// fxn blindference init: makes or imports a key if there is none, and turns Blindference on in config.yaml.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "clipanion";
import { inline } from "../../src/config/example.ts";
import { MODELS_FILE } from "../../src/config/load.ts";
import { systemClock } from "../../src/core/clock.ts";
import { Secret } from "../../src/core/secret.ts";
import { KeyError } from "../../src/keys/errors.ts";
import { keyPath, readKey } from "../../src/keys/key-store.ts";
import { onlyPassword, type Passwords } from "../../src/keys/password.ts";
import { saveImportedKey } from "../../src/keys/save-imported-key.ts";
import { checksumAddress } from "../../src/lib/ethereum.ts";
import { secureBase } from "../../src/networks/blindference/icl-url.ts";
import { Models } from "../../src/networks/blindference/jobs/models.ts";
import { blindferenceNetwork } from "../../src/networks/blindference/network.ts";
import { KNOWN_MODELS } from "../../src/networks/blindference/prompt-forms.ts";
import { settings } from "../../src/networks/blindference/settings.ts";
import { loadUnfinished, ownConfigOf } from "../../src/networks/config.ts";
import { planChange } from "../../src/networks/planned-change.ts";
import { openModelServers } from "../../src/node/model-servers.ts";
import { EXIT } from "../base.ts";
import { KeyCommand } from "../key-command.ts";
import { makeKey } from "../make-key.ts";
import type { ValuesOf } from "../manual/values.ts";
import type { Terminal } from "../prompt.ts";
import { VERSION } from "../version.ts";

const SECTION = "networks.blindference";

export class BlindferenceInitCommand extends KeyCommand {
  static override values: ValuesOf = { ...KeyCommand.values, "--model": KNOWN_MODELS };
  static override paths = [["blindference", "init"]];
  static override usage = Command.Usage({
    category: "Blindference",
    description: "make or import a key for Blindference, and turn the network on",
    details: `
      Unless the home has the key that networks.blindference.account names: imports the one of $BLF_PRIVATE_KEY (64 hex digits),
      or asks on a terminal for one, or makes a new one; encrypted with $BLF_KEY_PASSWORD or the password of the options, never
      with an empty one. A key that is there is never overwritten. Then it writes what the options say into config.yaml, where
      everything else stays; variables are never written down. In an empty home the Function Network is turned off.

      Without --model those of the network's models are named that a model server of model_backend.yaml answers for now. No GPU
      is needed here. To take over a node that the network knows already, use fxn networks import blindference instead.
    `,
    examples: [
      ["A new key", "$0 blindference init --rpc-url https://rpc.example"],
      ["A key that is there, in a script", "BLF_PRIVATE_KEY=… BLF_KEY_PASSWORD=… $0 blindference init --yes"],
    ],
  });

  url = Option.String("--url", { description: "The coordinator (ICL); default: the network's own" });
  rpcUrl = Option.Array("--rpc-url", { description: "An RPC of Arbitrum Sepolia; may be given several times" });
  model = Option.Array("--model", { description: "A model of the network; may be given several times" });
  yes = Option.Boolean("--yes", false, { description: "Ask nothing: without $BLF_PRIVATE_KEY, make a new key" });

  /** --yes asks nothing, not even for a password. */
  protected override terminal(): Terminal | undefined {
    return this.yes ? undefined : super.terminal();
  }

  protected async run(): Promise<number> {
    const home = this.homeDir();
    const given = this.#given();
    // Checked before anything is written, a key included.
    const loaded = await loadUnfinished((await planChange(home, given)).ports);
    const models = this.model ?? (await this.#runnable(home, loaded));
    const plan = await planChange(home, models.length > 0 ? { ...given, [`${SECTION}.models`]: models } : given);
    const { account } = ownConfigOf(blindferenceNetwork, await loadUnfinished(plan.ports));
    const key = await this.#key(home, account, () => this.passwords(loaded.config.keystore.passwordFile));
    plan.write();
    this.print(`${key.written ? "wrote " : "kept  "} ${keyPath(home, account)}${key.address}`);
    for (const [name, value] of Object.entries(plan.changes)) this.print(`set    ${name}: ${shown(name, value)}`);
    this.#next(models, existsSync(join(home, MODELS_FILE)));
    return EXIT.ok;
  }

  #given(): Readonly<Record<string, unknown>> {
    return {
      [`${SECTION}.enabled`]: true,
      ...(this.url !== undefined && { [`${SECTION}.url`]: secureBase(this.url) }),
      ...(this.rpcUrl !== undefined && { [`${SECTION}.rpcUrls`]: this.rpcUrl }),
    };
  }

  /** Of the models that the network knows, where the file names none yet. */
  async #runnable(home: string, loaded: Awaited<ReturnType<typeof loadUnfinished>>): Promise<readonly string[]> {
    const named = settings.parse(ownConfigOf(blindferenceNetwork, loaded).written).models;
    if (named.length > 0) return [];
    const quiet = { debug() {}, info() {}, warn() {}, error() {} };
    const ports = { home, env: this.context.env, version: VERSION, clock: systemClock, log: quiet };
    const servers = openModelServers(loaded, ports);
    try {
      await servers.ask();
      return new Models(KNOWN_MODELS, servers).advertised;
    } finally {
      servers.close();
    }
  }

  async #key(home: string, name: string, ask: () => Passwords) {
    const { privateKey, keyPassword } = blindferenceNetwork.readEnvironment(this.context.env, true);
    const kind = blindferenceNetwork.keyKind;
    const there = existsSync(keyPath(home, name));
    const passwords = () => {
      if (keyPassword?.reveal() === "" && !there) throw emptyPassword();
      return keyPassword ? onlyPassword(keyPassword) : ask();
    };
    const imported = privateKey ?? (there ? undefined : await this.#typed());
    let written = !there;
    if (imported) ({ written } = await saveImportedKey(home, name, imported, passwords(), kind));
    else if (!there) await makeKey(home, name, false, async () => passwords(), kind);
    const { address } = readKey(home, name);
    return { written, address: address === undefined ? "" : `: ${checksumAddress(address)}` };
  }

  /** Undefined: a new one is to be made. */
  async #typed(): Promise<Secret | undefined> {
    const terminal = this.terminal();
    const answer = await terminal?.ask("Make a new key, or import one? (n/i) ");
    if (!terminal || answer?.trim().toLowerCase() !== "i") return undefined;
    const typed = (await terminal.askHidden("The private key, 64 hex digits: ")).reveal();
    return new Secret(typed.trim().replace(/^0x/i, ""));
  }

  #next(models: readonly string[], served: boolean): void {
    const steps = [
      ...(served ? [] : ["Say where your model server is: fxn init --backend URL, or write model_backend.yaml."]),
      ...(models.length > 0 ? [] : ["Name models in networks.blindference.models; see: fxn blindference models list"]),
      "Back up the key and its password, and send the account some BLIND, and ETH on Arbitrum Sepolia for gas.",
      "fxn blindference attest --register-on-chain, then fxn blindference staking stake 1000",
      "Start it: fxn start. Then look: fxn blindference status, and fxn networks status --check.",
    ];
    this.print("");
    this.print("Next:");
    for (const [i, step] of steps.entries()) this.print(`  ${i + 1}. ${step}`);
  }
}

/** A URL of an RPC may hold a key. */
function shown(name: string, value: unknown): string {
  if (!name.endsWith("rpcUrls") || !Array.isArray(value)) return inline(value);
  return inline(value.map((url) => (URL.canParse(url) ? new URL(url).host : "…")));
}

function emptyPassword(): KeyError {
  return new KeyError("key_password_invalid", "$BLF_KEY_PASSWORD is empty", "A key needs a password.");
}
