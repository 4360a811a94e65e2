// fxn oarn task cancel: its requester takes a task of V1 back that nobody has claimed yet.
import { Command } from "clipanion";
import { EndTaskCommand } from "./end-command.ts";

export class OarnTaskCancelCommand extends EndTaskCommand {
  static override paths = [
    ["oarn", "task", "cancel"],
    ["oarn", "tasks", "cancel"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "take a task of V1 back that nobody has claimed yet",
    details: `
      By the account that submitted it; what the nodes would have got comes back, the fee for validators does not. V2 has no
      function for it: there the command says so and ends with 1.
    `,
    examples: [["Task 7", "$0 oarn task cancel 7 --v1"]],
  });
  protected readonly end = "cancel";
}
