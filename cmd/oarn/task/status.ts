// fxn oarn task status: one task as the chain has it, and where this node stands in it.
import { Command, Option } from "clipanion";
import { statusOf } from "../../../src/networks/oarn/client/shown.ts";
import { taskOf } from "../../../src/networks/oarn/client/tasks.ts";
import { EXIT } from "../../base.ts";
import { taskId } from "../oarn-command.ts";
import { timeOf } from "./list.ts";
import { TaskCommand } from "./task-command.ts";

export class OarnTaskStatusCommand extends TaskCommand {
  static override paths = [
    ["oarn", "task", "status"],
    ["oarn", "tasks", "status"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "show one task as the chain has it",
    details: `
      A task whose deadline has passed is shown as expired, whatever its registry says. With a key in this home it also says
      whether this node has claimed and delivered it. It needs no running node and no password. A task that is not there ends
      the command with 1.
    `,
    examples: [["For a script", "$0 oarn task status 7 --json"]],
  });

  id = Option.String({ name: "ID" });

  protected async run(): Promise<number> {
    const id = taskId(this.id);
    const home = await this.oarn();
    return this.reading(home, async ({ chain, registries }) => {
      const registry = this.chosen(registries);
      const { task, now } = await taskOf(chain, registry, id);
      const shown = statusOf(registry, task, now);
      if (this.json) {
        this.printJson(shown);
        return EXIT.ok;
      }
      const { deadline, created_at, ...rest } = shown;
      for (const [name, value] of Object.entries(rest)) this.say(name.replaceAll("_", " "), String(value));
      this.say("created", timeOf(created_at));
      this.say("deadline", timeOf(deadline));
      if (task.claimed !== undefined) this.say("claims", String(task.claimed));
      if (task.consensusResult !== undefined) this.say("result", task.consensusResult);
      const me = this.addressIn(home);
      if (me !== undefined) {
        const [claimed, submitted] = await chain.read((view) =>
          Promise.all([registry.hasClaimed(view, id, me), registry.hasSubmitted(view, id, me)]),
        );
        this.say("this node", submitted ? "has delivered it" : claimed ? "has claimed it" : "has not claimed it");
      }
      if (shown.status === "disputed") this.say("dispute", "the contract's owner decides it, or refunds the requester");
      if (shown.status === "expired" && shown.version === "v2")
        this.say("note", "V2 pays nobody for an expired task, and gives nothing back");
      return EXIT.ok;
    });
  }
}
