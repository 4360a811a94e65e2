// fxn init: finds a model server, asks little, makes a key, writes the first config files; nothing that exists is changed.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "clipanion";
import { askServer, discoverServers, type FoundServer } from "../src/backends/discover.ts";
import { CONFIG_FILE, MODELS_FILE } from "../src/config/load.ts";
import { systemClock } from "../src/core/clock.ts";
import { FxnError } from "../src/core/errors.ts";
import { keyPath, NODE_KEY } from "../src/keys/key-store.ts";
import { createFetch } from "../src/lib/fetch.ts";
import { writeDefaults } from "../src/networks/config.ts";
import { EXIT } from "./base.ts";
import { KeyCommand } from "./key-command.ts";
import { makeKey } from "./make-key.ts";
import type { Terminal } from "./prompt.ts";

export class InitCommand extends KeyCommand {
  static override paths = [["init"]];
  static override usage = Command.Usage({
    category: "Setting up",
    description: "find a model server, make a key, write the first config files",
    details: `
      Looks for a model server on the usual ports of this machine, asks which to use and where to listen, and writes
      config.yaml, model_backend.yaml and an encrypted nodekey.json. Files that exist are kept as they are, so it can be run
      again. --yes asks nothing: the first model server found, listening on 127.0.0.1; the key's password must then come
      from --password-file, --password-fd or a systemd credential.
    `,
    examples: [
      ["Answer three questions", "fxn init"],
      ["In a script", "fxn init --yes --password-file ./password"],
      ["With a model server elsewhere", "fxn init --backend http://10.0.0.7:8000"],
    ],
  });

  yes = Option.Boolean("--yes", false, { description: "Ask nothing" });
  backend = Option.String("--backend", { description: "URL of the model server; default: look on the usual ports" });
  insecurePlaintext = Option.Boolean("--insecure-plaintext", false, {
    description: "Write a new key unencrypted, as the Go node does",
  });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    const asks = this.terminal() !== undefined;
    const server = existsSync(join(home, MODELS_FILE)) ? undefined : await this.#chooseServer(asks);
    const configured = existsSync(join(home, CONFIG_FILE));
    const listenAddress = asks && !configured ? await this.#chooseAddress() : "127.0.0.1";
    const key = existsSync(keyPath(home, NODE_KEY))
      ? undefined
      : await makeKey(home, NODE_KEY, this.insecurePlaintext, () => this.passwordsOfHome());
    const { written, kept } = await writeDefaults(home, {
      settings: { "node.listenAddress": listenAddress, "node.listenPort": 8080 },
      models: server?.models.map((id) => ({ id, provider: server.provider, url: server.url })) ?? [],
    });
    for (const path of [...(key ? [key.path] : []), ...written]) this.print(`wrote  ${path}`);
    for (const path of kept) this.print(`kept   ${path}`);
    this.#next(home, server, key?.address);
    return EXIT.ok;
  }

  /** --yes asks nothing, not even for a password. */
  protected override terminal(): Terminal | undefined {
    return this.yes ? undefined : super.terminal();
  }

  async #chooseServer(asks: boolean): Promise<FoundServer | undefined> {
    const fetch = createFetch(systemClock);
    if (this.backend) return this.#serverAt(this.backend);
    const found = await discoverServers(fetch);
    for (const [i, server] of found.entries()) {
      this.print(`${i + 1}. ${server.provider} at ${server.url}: ${server.models.join(", ") || "no models"}`);
    }
    if (!asks) return found[0];
    const question =
      found.length > 0
        ? "Which model server? A number, a URL, or Enter for 1: "
        : "No model server found. Its URL, or Enter to set it up later: ";
    const answer = (await this.terminal()?.ask(question))?.trim() ?? "";
    if (answer === "") return found[0];
    return found[Number(answer) - 1] ?? this.#serverAt(answer);
  }

  async #serverAt(url: string): Promise<FoundServer> {
    const server = URL.canParse(url) ? await askServer(createFetch(systemClock), url) : undefined;
    if (server) return server;
    throw new FxnError("no_model_server", 500, `${url} does not list models`, {
      hint: "Is it the base URL of a server that speaks the OpenAI API, such as http://127.0.0.1:8000, and is it running?",
    });
  }

  async #chooseAddress(): Promise<string> {
    const answer = await this.terminal()?.ask(
      "Listen on 127.0.0.1 (a reverse proxy stands in front) or 0.0.0.0 (every interface)? Enter for 127.0.0.1: ",
    );
    return answer?.trim() || "127.0.0.1";
  }

  #next(home: string, server: FoundServer | undefined, address: string | undefined): void {
    const models = server || existsSync(join(home, MODELS_FILE));
    const steps = [
      ...(models
        ? []
        : [`Say where your model server is, in ${join(home, MODELS_FILE)}; see fxn config schema models.`]),
      ...(address ? [`Back up ${keyPath(home, NODE_KEY)} and its password; register ${address} as a provider.`] : []),
      "Start it: fxn start. Then look: fxn status.",
    ];
    this.print("");
    this.print("Next:");
    for (const [i, step] of steps.entries()) this.print(`  ${i + 1}. ${step}`);
  }
}
