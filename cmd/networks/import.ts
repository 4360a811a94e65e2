// fxn networks import: from the reference node of a network to this one, with its configuration file.
import { resolve } from "node:path";
import { Command, Option } from "clipanion";
import { inline } from "../../src/config/example.ts";
import { readTextFile } from "../../src/config/text-file.ts";
import { FxnError } from "../../src/core/errors.ts";
import { onlyPassword } from "../../src/keys/password.ts";
import { type ImportedNetwork, importNetwork, networkNamed } from "../../src/networks/import.ts";
import { OWN_NETWORKS } from "../../src/networks/index.ts";
import { EXIT } from "../base.ts";
import { KeyCommand } from "../key-command.ts";
import type { ValuesOf } from "../manual/values.ts";

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
      its key, encrypted, into keys/, and turns the network on. What cannot be carried over is said line by line. In an
      empty home the Function Network is turned off. The file that is read stays as it is: delete it when all works, if it
      holds the key in plain text.

      Give - as the file to read standard input.
    `,
    examples: [
      ["fed_AI: its environment file", "$0 networks import fedai ./node.env"],
      ["Infernet", "$0 networks import infernet ~/.config/infernet/config.json"],
    ],
  });

  network = Option.String({ name: "network" });
  file = Option.String({ name: "file" });
  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const network = networkNamed(this.network, OWN_NETWORKS);
    const home = this.homeDir();
    const where = this.file === "-" ? "standard input" : this.file;
    const text = this.file === "-" ? (await this.readInput()).toString() : await readTextFile(resolve(this.file));
    if (text === undefined) throw new FxnError("file_missing", 500, `there is no file ${this.file}`);
    const { keyPassword } = network.readEnvironment(this.context.env, true);
    const passwords = keyPassword ? onlyPassword(keyPassword) : await this.passwordsOfHome();
    const imported = await importNetwork(network, { home, text, where, passwords });
    if (this.json) this.printJson({ ...imported, settings: Object.fromEntries(imported.settings) });
    else this.#tell(imported);
    return EXIT.ok;
  }

  #tell({ settings, key, alone, modelServer, notes }: ImportedNetwork): void {
    for (const [path, value] of settings) this.print(`set    ${path}: ${inline(value)}`);
    if (key) this.print(`${key.written ? "wrote " : "kept  "} ${key.path}`);
    for (const note of notes) this.print(`note   ${note}`);
    if (alone) this.print("note   the Function Network is off: turn it on by networks.function.enabled");
    const next = [
      ...(modelServer ? [`Say where the model server is: fxn init --backend ${modelServer.url}`] : []),
      "Look it over: fxn config check. Start it: fxn start. Then look: fxn networks status.",
    ];
    this.print("");
    this.print("Next:");
    for (const [i, step] of next.entries()) this.print(`  ${i + 1}. ${step}`);
  }
}
