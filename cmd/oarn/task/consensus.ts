// fxn oarn task consensus: who has delivered what to a task of V2, and on which result they agreed.
import { Command, Option } from "clipanion";
import { consensusOf } from "../../../src/networks/oarn/client/consensus.ts";
import { statusOf } from "../../../src/networks/oarn/client/shown.ts";
import { taskOf } from "../../../src/networks/oarn/client/tasks.ts";
import { EXIT } from "../../base.ts";
import { table } from "../../table.ts";
import { taskId } from "../oarn-command.ts";
import { timeOf } from "./list.ts";
import { TaskCommand } from "./task-command.ts";

export class OarnTaskConsensusCommand extends TaskCommand {
  static override paths = [
    ["oarn", "task", "consensus"],
    ["oarn", "tasks", "consensus"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "show which results a task of V2 got, and on which the nodes agreed",
    details: `
      Results are public as soon as they are submitted. Which one wins is settled with the last that is needed; until then
      only how many there are of each is known. An agreed result is no proof: it can be copied, and one person can hold many
      addresses. It needs no running node and no password. In V1 nobody has to agree: the command ends with 1.
    `,
    examples: [["For a script", "$0 oarn task consensus 7 --json"]],
  });

  id = Option.String({ name: "ID" });

  protected async run(): Promise<number> {
    const id = taskId(this.id);
    const home = await this.oarn();
    return this.reading(home, async ({ chain, registries }) => {
      const registry = this.chosen(registries);
      const { task, now } = await taskOf(chain, registry, id);
      const { status, mode } = statusOf(registry, task, now);
      const found = await consensusOf(chain, registry, task);
      const me = this.addressIn(home);
      const shown = {
        task_id: statusOf(registry, task, now).id,
        status,
        consensus_type: mode,
        threshold_percent: found.threshold / 100,
        required_nodes: Number(task.requiredNodes),
        total_submissions: found.results.length,
        unique_results: found.counts.length,
        reached: found.reached,
        winning_hash: found.winner ?? null,
        winning_count: found.winners,
        results: found.results.map(({ node, hash, at, matches }) => ({
          node,
          result_hash: hash,
          submitted_at: at,
          matches_consensus: found.winner === undefined ? null : matches,
        })),
      };
      if (this.json) {
        this.printJson(shown);
        return EXIT.ok;
      }
      this.say("status", status);
      this.say("agreement", `${mode}: ${shown.threshold_percent}% of ${shown.required_nodes} results`);
      this.say("results", `${shown.total_submissions}, ${shown.unique_results} different`);
      this.say("reached", shown.reached ? "yes" : status === "completed" ? "no: its owner decided" : "no");
      if (found.winner !== undefined) this.say("winner", `${found.winner}, by ${found.winners}`);
      if (found.results.length === 0) return EXIT.ok;
      this.print("");
      this.print(
        table(
          ["node", "result", "submitted", "agrees"],
          found.results.map(({ node, hash, at, matches }) => [
            node === me ? `${node} (this one)` : node,
            hash,
            timeOf(at),
            found.winner === undefined ? "-" : matches ? "yes" : "no",
          ]),
        ),
      );
      return EXIT.ok;
    });
  }
}
