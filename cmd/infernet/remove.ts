// fxn infernet remove: takes this node off the control plane.
import { Command, Option, UsageError } from "clipanion";
import { FxnError } from "../../src/core/errors.ts";
import { remove } from "../../src/networks/infernet/routes.ts";
import { EXIT } from "../base.ts";
import { InfernetCommand } from "./infernet-command.ts";
import { infernetRuns } from "./running.ts";

export class InfernetRemoveCommand extends InfernetCommand {
  static override paths = [["infernet", "remove"]];
  static override usage = Command.Usage({
    category: "Infernet",
    description: "take this node off the control plane",
    details: `
      Deletes the node's row there, with its payout addresses and its reputation. Nothing on this machine is changed: the
      key and config.yaml stay. A node that runs would register itself again, so stop it, or turn the network off, first.
    `,
    examples: [["Without a question", "$0 infernet remove --yes"]],
  });

  yes = Option.Boolean("--yes", false, { description: "Ask nothing" });

  protected async run(): Promise<number> {
    if (await infernetRuns(this.homeDir())) {
      throw new FxnError(
        "infernet_running",
        500,
        "the node of this home is in Infernet, and would register itself again",
        {
          hint: "Stop it first, or set networks.infernet.enabled: false and run fxn restart.",
        },
      );
    }
    if (!this.yes && !(await this.#confirmed())) {
      this.print("Nothing was removed.");
      return EXIT.failed;
    }
    const { plane } = await this.infernet();
    const gone = await remove(plane);
    this.print(gone ? `Removed from ${plane.host}.` : `${plane.host} does not know this node.`);
    return EXIT.ok;
  }

  async #confirmed(): Promise<boolean> {
    const terminal = this.terminal();
    if (!terminal) throw new UsageError("there is nobody to ask: say --yes");
    const answer = await terminal.ask("Remove this node, its payout addresses and its reputation? (yes/no) ");
    return answer.trim().toLowerCase() === "yes";
  }
}
