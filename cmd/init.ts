// fxn init: finds a model server, asks little, makes a key, writes the first config files; nothing that exists is changed.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option, UsageError } from "clipanion";
import { askServer, discoverServers, type FoundServer } from "../src/backends/discover.ts";
import { CONFIG_FILE, MODELS_FILE } from "../src/config/load.ts";
import { baseUrl, listenHost } from "../src/config/net-fields.ts";
import { readTextFile } from "../src/config/text-file.ts";
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
    const terminal = this.terminal();
    if (this.backend !== undefined) refuseNoUrl(this.backend);
    const models = join(home, MODELS_FILE);
    const server = existsSync(models) ? undefined : await this.#chooseServer(terminal);
    const unused = this.backend !== undefined && server === undefined && !(await names(models, this.backend));
    const configured = existsSync(join(home, CONFIG_FILE));
    const listenAddress = terminal && !configured ? await this.#chooseAddress(terminal) : "127.0.0.1";
    const key = existsSync(keyPath(home, NODE_KEY))
      ? undefined
      : await makeKey(home, NODE_KEY, this.insecurePlaintext, () => this.passwordsOfHome());
    const { written, kept } = await writeDefaults(home, {
      settings: { "node.listenAddress": listenAddress, "node.listenPort": 8080 },
      models: server?.models.map((id) => ({ id, provider: server.provider, url: server.url })) ?? [],
    });
    for (const path of [...(key ? [key.path] : []), ...written]) this.print(`wrote  ${path}`);
    for (const path of kept) this.print(`kept   ${path}`);
    if (unused) {
      this.print(`kept   ${models}: ${this.backend} is not in it, and was not added`);
      this.print("       Add it there, or move that file away and run this again; then fxn config check.");
    }
    this.#next(home, server, key?.address);
    return EXIT.ok;
  }

  /** --yes asks nothing, not even for a password. */
  protected override terminal(): Terminal | undefined {
    return this.yes ? undefined : super.terminal();
  }

  async #chooseServer(terminal: Terminal | undefined): Promise<FoundServer | undefined> {
    if (this.backend !== undefined) return this.#serverAt(this.backend);
    const found = await discoverServers(createFetch(systemClock));
    for (const [i, server] of found.entries()) {
      this.print(`${i + 1}. ${server.provider} at ${server.url}: ${server.models.join(", ") || "no models"}`);
    }
    if (!terminal) return found[0];
    const question =
      found.length > 0
        ? "Which model server? A number, a URL, or Enter for 1: "
        : "No model server found. Its URL, or Enter to set it up later: ";
    return this.#ask(terminal, question, (answer) => {
      if (answer === "") return found[0];
      if (/^\d+$/.test(answer) && found[Number(answer) - 1] === undefined)
        throw new UsageError(`there is no ${answer}: ${found.length} found`);
      return found[Number(answer) - 1] ?? this.#serverAt(answer);
    });
  }

  async #serverAt(url: string): Promise<FoundServer> {
    refuseNoUrl(url);
    const server = await askServer(createFetch(systemClock), url);
    if (server) return server;
    throw new FxnError("no_model_server", 500, `${url} does not list models`, {
      hint: "Is it the base URL of a server that speaks the OpenAI API, such as http://127.0.0.1:8000, and is it running?",
    });
  }

  #chooseAddress(terminal: Terminal): Promise<string> {
    const question =
      "Listen on 127.0.0.1 (a reverse proxy stands in front) or 0.0.0.0 (every interface)? Enter for 127.0.0.1: ";
    return this.#ask(terminal, question, (answer) => {
      const { data, error } = listenHost.safeParse(answer || "127.0.0.1");
      if (data === undefined) throw new UsageError(error?.issues[0]?.message ?? "");
      return data;
    });
  }

  /** Until the answer is one: a slip ends nothing. */
  async #ask<T>(terminal: Terminal, question: string, read: (answer: string) => T | Promise<T>): Promise<T> {
    for (;;) {
      const answer = (await terminal.ask(question)).trim();
      try {
        return await read(answer);
      } catch (error) {
        if (!(error instanceof UsageError || error instanceof FxnError)) throw error;
        this.printError(error.message);
        if (error instanceof FxnError && error.hint) this.printError(`  ${error.hint}`);
      }
    }
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

function refuseNoUrl(url: string): void {
  const { error } = baseUrl.safeParse(url);
  if (error)
    throw new UsageError(`"${url.replace(/\/\/[^/]*@/, "//")}" is no model server: ${error.issues[0]?.message}`);
}

/** As it is written there, be it with a slash at its end or with /v1. */
async function names(modelsFile: string, url: string): Promise<boolean> {
  const base = url.replace(/\/+$/, "").replace(/\/v1$/, "");
  const text = await readTextFile(modelsFile).catch(() => undefined);
  return text?.includes(base) === true;
}
