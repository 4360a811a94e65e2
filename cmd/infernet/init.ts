// fxn infernet init: makes a Nostr key if there is none, and turns Infernet on in config.yaml.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option, UsageError } from "clipanion";
import { inline } from "../../src/config/example.ts";
import { MODELS_FILE } from "../../src/config/load.ts";
import { keyPath } from "../../src/keys/key-store.ts";
import { loadConfig, ownConfigOf } from "../../src/networks/config.ts";
import { infernetNetwork } from "../../src/networks/infernet/network.ts";
import { originOf } from "../../src/networks/infernet/origin.ts";
import { planChange } from "../../src/networks/planned-change.ts";
import { EXIT } from "../base.ts";
import { KeyCommand } from "../key-command.ts";
import { makeKey } from "../make-key.ts";

const SECTION = "networks.infernet";

export class InfernetInitCommand extends KeyCommand {
  static override paths = [["infernet", "init"]];
  static override usage = Command.Usage({
    category: "Infernet",
    description: "make a key for Infernet, and turn the network on",
    details: `
      Makes a Nostr key, unless the home has the one that networks.infernet.account names, and writes what the options say
      into config.yaml; everything else in it stays. In an empty home the Function Network is turned off. Nothing is
      published of where the node is, unless --address says it. To take over a node that Infernet knows already, use fxn
      networks import infernet instead.
    `,
    examples: [
      ["The network's own control plane", "$0 infernet init"],
      ["Another one, and a name that everybody sees", "$0 infernet init --url https://plane.example --name my-node"],
      ["Publish the address", "$0 infernet init --address 203.0.113.7 --p2p-port 46337"],
    ],
  });

  url = Option.String("--url", { description: "The control plane; default: the network's own" });
  name = Option.String("--name", { description: "Shown to everybody; default: the node id" });
  nodeId = Option.String("--node-id", {
    description: "Under which the node is registered; default: made from the key",
  });
  address = Option.String("--address", { description: "Publish this address" });
  p2pPort = Option.String("--p2p-port", { description: "Publish this port, and listen on it" });
  noAdvertise = Option.Boolean("--no-advertise", false, { description: "Publish no address, whatever was published" });
  insecurePlaintext = Option.Boolean("--insecure-plaintext", false, { description: "Write a new key unencrypted" });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    // Checked before anything is written, a key included.
    const plan = await planChange(home, this.#changes());
    const loaded = await loadConfig(plan.ports);
    const { account } = ownConfigOf(infernetNetwork, loaded);
    const passwords = async () => this.passwords(loaded.config.keystore.passwordFile);
    const key = existsSync(keyPath(home, account))
      ? undefined
      : await makeKey(home, account, this.insecurePlaintext, passwords, "nostr");
    plan.write();
    this.print(key ? `wrote  ${key.path}: ${key.npub}` : `kept   ${keyPath(home, account)}`);
    for (const [name, value] of Object.entries(plan.changes)) this.print(`set    ${name}: ${inline(value)}`);
    this.#next(existsSync(join(home, MODELS_FILE)));
    return EXIT.ok;
  }

  #changes(): Readonly<Record<string, unknown>> {
    if (this.noAdvertise && (this.address !== undefined || this.p2pPort !== undefined)) {
      throw new UsageError("--no-advertise does not go with --address or --p2p-port");
    }
    return {
      [`${SECTION}.enabled`]: true,
      ...(this.url !== undefined && { [`${SECTION}.url`]: originOf(this.url) }),
      ...(this.name !== undefined && { [`${SECTION}.name`]: this.name }),
      ...(this.nodeId !== undefined && { [`${SECTION}.nodeId`]: this.nodeId }),
      ...(this.address !== undefined && { [`${SECTION}.advertise`]: true, [`${SECTION}.address`]: this.address }),
      ...(this.p2pPort !== undefined && {
        [`${SECTION}.p2p.enabled`]: true,
        [`${SECTION}.p2p.port`]: portOf(this.p2pPort),
      }),
      ...(this.noAdvertise && { [`${SECTION}.advertise`]: false }),
    };
  }

  #next(models: boolean): void {
    const steps = [
      ...(models ? [] : ["Say where your model server is: fxn init --backend URL, or write model_backend.yaml."]),
      "Start it: fxn start. It registers itself; then look: fxn networks status --check.",
      "Say where you want to be paid: fxn infernet payout set COIN ADDRESS.",
    ];
    this.print("");
    this.print("Next:");
    for (const [i, step] of steps.entries()) this.print(`  ${i + 1}. ${step}`);
  }
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new UsageError("--p2p-port takes a number from 1 to 65535");
}
