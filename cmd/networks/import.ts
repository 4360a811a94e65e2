// fxn networks import: from the reference node of a network to this one, with its configuration file.
import { resolve } from "node:path";
import { Command, Option } from "clipanion";
import { inline } from "../../src/config/example.ts";
import { readAnyText } from "../../src/config/text-file.ts";
import { systemClock } from "../../src/core/clock.ts";
import { FxnError, messageOf } from "../../src/core/errors.ts";
import { onlyPassword } from "../../src/keys/password.ts";
import { createFetch } from "../../src/lib/fetch.ts";
import { writeDefaults } from "../../src/networks/config.ts";
import { type ImportedNetwork, importNetwork, networkNamed } from "../../src/networks/import.ts";
import { OWN_NETWORKS } from "../../src/networks/index.ts";
import { EXIT } from "../base.ts";
import { KeyCommand } from "../key-command.ts";
import type { ValuesOf } from "../manual/values.ts";
import { importedModels } from "./imported-models.ts";

export class NetworksImportCommand extends KeyCommand {
  static override values: ValuesOf = {
    ...KeyCommand.values,
    network: OWN_NETWORKS.map(({ id }) => id),
    file: "file",
  };

  static override paths = [["networks", "import"]];
  static override usage = Command.Usage({
    category: "Networks",
    description: "Take over the configuration of a network's own node",
    details: `
      Reads the configuration file of the network's own node, writes its settings into config.yaml under networks.<network>,
      its key into keys/, encrypted, or its keystore as it is, and turns the network on. A home without model_backend.yaml gets one, with the models
      of the model server that is named there, if that tells them. What cannot be carried over is said line by line. In an
      empty home the Function Network is turned off. The file that is read stays as it is: delete it when all works, if it
      holds the key in plain text.

      Give - as the file to read standard input.
    `,
    examples: [
      ["fed_AI: its environment file", "$0 networks import fedai ./node.env"],
      ["Infernet", "$0 networks import infernet ~/.config/infernet/config.json"],
      ["Blindference, with the keystore that it names", "$0 networks import blindference ./config.json"],
      ["OARN", "$0 networks import oarn ~/.oarn/config.toml"],
    ],
  });

  network = Option.String({ name: "network" });
  file = Option.String({ name: "file" });
  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const network = networkNamed(this.network, OWN_NETWORKS);
    const home = this.homeDir();
    const where = this.file === "-" ? "standard input" : this.file;
    const text =
      this.file === "-"
        ? (await this.readInput()).toString()
        : await readAnyText(resolve(this.file)).catch((cause: unknown) => {
            throw new FxnError("file_unreadable", 500, `${this.file} cannot be read: ${messageOf(cause)}`, { cause });
          });
    if (text === undefined) throw new FxnError("file_missing", 500, `there is no file ${this.file}`);
    const { keyPassword } = network.readEnvironment(this.context.env, true);
    const passwords = keyPassword ? onlyPassword(keyPassword) : await this.passwordsOfHome();
    const imported = await importNetwork(network, { home, text, where, passwords });
    const { modelServer, ...rest } = imported;
    const models = modelServer ? await importedModels(modelServer, createFetch(systemClock)) : [];
    const [wrote] = models.length > 0 ? (await writeDefaults(home, { models })).written : [];
    const missing = wrote === undefined ? modelServer?.url : undefined;
    if (this.json) {
      this.printJson({
        schema: 1,
        ...rest,
        settings: Object.fromEntries(imported.settings),
        models: wrote ?? null,
        missing: missing ?? null,
      });
    } else this.#tell(imported, wrote, missing);
    return EXIT.ok;
  }

  /** @param models the file of models that was written @param missing the model server that could not be asked for any */
  #tell({ settings, key, alone, notes }: ImportedNetwork, models?: string, missing?: string): void {
    for (const [path, value] of settings) this.print(`set    ${path}: ${inline(value)}`);
    if (key) this.print(`${key.written ? "wrote " : "kept  "} ${key.path}`);
    if (models) this.print(`wrote  ${models}`);
    for (const note of notes) this.print(`note   ${note}`);
    if (alone) this.print("note   the Function Network is off: turn it on by networks.function.enabled");
    const next = [
      ...(missing ? [`Say where the model server is: fxn init --backend ${missing}`] : []),
      "Look it over: fxn config check. Start it: fxn start. Then look: fxn networks status.",
    ];
    this.print("");
    this.print("Next:");
    for (const [i, step] of next.entries()) this.print(`  ${i + 1}. ${step}`);
  }
}
