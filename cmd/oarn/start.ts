// fxn oarn start: fxn start under the name that OARN's documents have for it.
import { Command } from "clipanion";
import { StartCommand } from "../start.ts";

export class OarnStartCommand extends StartCommand {
  static override paths = [["oarn", "start"]];
  static override usage = Command.Usage({
    category: "OARN",
    description: "run the node: the same as fxn start",
    details: `
      One node serves every network that is on in config.yaml. It ends at Ctrl-C; as a service it is installed, stopped and
      looked into with fxn service.
    `,
    examples: [["With the key's password in a file", "$0 oarn start --password-file ./password"]],
  });
}
