// fxn oarn task expire: ends a task of V1 whose deadline has passed, so that its requester gets back what is left.
import { Command } from "clipanion";
import { EndTaskCommand } from "./end-command.ts";

export class OarnTaskExpireCommand extends EndTaskCommand {
  static override paths = [
    ["oarn", "task", "expire"],
    ["oarn", "tasks", "expire"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "end a task of V1 whose deadline has passed",
    details: `
      Anybody may; the reward of the places that nobody delivered to goes back to the requester, and nodes that did deliver
      are never paid. V2 has no function for it: there the command says so and ends with 1.
    `,
    examples: [["Task 7", "$0 oarn task expire 7 --v1"]],
  });
  protected readonly end = "expire";
}
