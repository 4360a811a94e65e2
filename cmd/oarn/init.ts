// fxn oarn init: turns OARN on in config.yaml, with what it needs to know of its chain and of IPFS.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option, UsageError } from "clipanion";
import { askServer, type FoundServer } from "../../src/backends/discover.ts";
import { inline } from "../../src/config/example.ts";
import { MODELS_FILE } from "../../src/config/load.ts";
import { systemClock } from "../../src/core/clock.ts";
import { FxnError } from "../../src/core/errors.ts";
import { keyPath } from "../../src/keys/key-store.ts";
import { createFetch } from "../../src/lib/fetch.ts";
import { loadConfig, ownConfigOf, writeDefaults } from "../../src/networks/config.ts";
import { oarnNetwork } from "../../src/networks/oarn/network.ts";
import { planChange } from "../../src/networks/planned-change.ts";
import { EXIT, FxnCommand } from "../base.ts";

const SECTION = "networks.oarn";

export class OarnInitCommand extends FxnCommand {
  static override paths = [
    ["oarn", "init"],
    ["oarn", "config", "init"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "turn OARN on, and say where its chain and IPFS are",
    details: `
      Writes what the options say into config.yaml; everything else in it stays, and no key is made. In an empty home the
      Function Network is turned off. No RPC, address or gateway is built in. To take over the file of OARN's own node, use
      fxn networks import oarn instead.
    `,
    examples: [
      [
        "With a registry by its address",
        "$0 oarn init --rpc https://rpc.example --registry 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed --ipfs http://127.0.0.1:5001",
      ],
      [
        "With the directory on chain",
        "$0 oarn init --rpc https://rpc.example --directory 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed --ipfs http://127.0.0.1:5001",
      ],
    ],
  });

  rpc = Option.Array("--rpc", { description: "An RPC of the chain; may be given several times" });
  chainId = Option.String("--chain-id", { description: "The chain; default: 421614, Arbitrum Sepolia" });
  registry = Option.Array("--registry", { description: "A task registry of V2; may be given several times" });
  directory = Option.String("--directory", {
    description: "The directory on chain (OARNRegistry), which names the others",
  });
  ipfs = Option.String("--ipfs", { description: "The API of an IPFS node, where results are stored" });
  gateway = Option.Array("--gateway", { description: "An IPFS gateway; may be given several times" });
  backend = Option.String("--backend", {
    description: "URL of a model server, for text tasks; its models are written down",
  });
  p2p = Option.Boolean("--p2p", { description: "Join the network of nodes; --no-p2p leaves it" });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    // Checked before anything is written, a key included.
    const plan = await planChange(home, this.#changes());
    const loaded = await loadConfig(plan.ports);
    const { account } = ownConfigOf(oarnNetwork, loaded);
    const server = this.backend === undefined ? undefined : await serverAt(this.backend);
    plan.write();
    const models = server?.models.map((id) => ({ id, provider: server.provider, url: server.url })) ?? [];
    const { written, kept } = models.length > 0 ? await writeDefaults(home, { models }) : { written: [], kept: [] };
    for (const file of written) this.print(`wrote  ${file}`);
    for (const file of kept) if (file.endsWith(MODELS_FILE)) this.print(`kept   ${file}`);
    // As `config show` shows them: an RPC's path may hold a key.
    for (const { path: name, value } of loaded.show().origins)
      if (name in plan.changes) this.print(`set    ${name}: ${inline(value)}`);
    this.#next(existsSync(keyPath(home, account)), existsSync(join(home, MODELS_FILE)));
    return EXIT.ok;
  }

  #changes(): Readonly<Record<string, unknown>> {
    const written = {
      "blockchain.rpcUrls": this.rpc,
      "blockchain.chainId": this.chainId === undefined ? undefined : Number(this.chainId),
      "blockchain.contracts.taskRegistryV2": this.registry,
      "blockchain.contracts.oarnRegistry": this.directory,
      "storage.ipfsApi": this.ipfs,
      "storage.gateways": this.gateway,
      "p2p.enabled": this.p2p,
    };
    const given = Object.entries(written).filter(([, value]) => value !== undefined);
    for (const [name, value] of given)
      if (value === "") throw new UsageError(`${SECTION}.${name} is to be changed to nothing: leave the option out`);
    return {
      [`${SECTION}.enabled`]: true,
      ...Object.fromEntries(given.map(([name, value]) => [`${SECTION}.${name}`, value])),
    };
  }

  #next(hasKey: boolean, models: boolean): void {
    const steps = [
      ...(hasKey ? [] : ["Make its key: fxn oarn wallet create; or bring one: fxn oarn wallet import FILE."]),
      ...(models
        ? []
        : ["For text tasks say where your model server is: fxn oarn init --backend URL, or write model_backend.yaml."]),
      "Send the account a little ETH for gas, and look: fxn oarn wallet balance.",
      "Start it: fxn start. Then look: fxn oarn status --check.",
    ];
    this.print("");
    this.print("Next:");
    for (const [i, step] of steps.entries()) this.print(`  ${i + 1}. ${step}`);
  }
}

async function serverAt(url: string): Promise<FoundServer> {
  const server = URL.canParse(url) ? await askServer(createFetch(systemClock), url) : undefined;
  if (server && server.models.length > 0) return server;
  throw new FxnError("no_model_server", 500, "--backend: nothing there lists models", {
    hint: "Is it the base URL of a server that speaks the OpenAI API, such as http://127.0.0.1:8000, and is it running?",
  });
}
