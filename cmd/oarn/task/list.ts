// fxn oarn task list: what a registry has to be done.
import { Command, Option, UsageError } from "clipanion";
import { listed, versionOf } from "../../../src/networks/oarn/client/shown.ts";
import { newestTasks } from "../../../src/networks/oarn/client/tasks.ts";
import { EXIT } from "../../base.ts";
import { table } from "../../table.ts";
import { TaskCommand } from "./task-command.ts";

export class OarnTaskListCommand extends TaskCommand {
  static override paths = [
    ["oarn", "task", "list"],
    ["oarn", "tasks", "list"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "list the tasks of a registry, the newest first",
    details: `
      Those that can be claimed and whose deadline has not passed, by the chain's clock; with --all the others, too, and as
      many as there are among the newest thousand. It needs no key and no running node.
    `,
    examples: [
      ["What there is to do", "$0 oarn task list"],
      ["All of them, for a script", "$0 oarn task list --all --json"],
    ],
  });

  all = Option.Boolean("-a,--all", false, { description: "Also those that are over, and as many as there are" });
  limit = Option.String("-l,--limit", "20", { description: "How many; not with --all" });

  protected async run(): Promise<number> {
    const limit = /^\d{1,4}$/.test(this.limit) ? Number(this.limit) : 0;
    if (limit < 1) throw new UsageError("--limit takes a number from 1 to 9999");
    return this.reading(await this.oarn(), async ({ chain, registries }) => {
      const registry = this.chosen(registries);
      const { tasks, now, more } = await newestTasks(chain, registry);
      const all = tasks.map((task) => listed(task, now)).filter(({ status }) => this.all || status === "available");
      const shown = this.all ? all : all.slice(0, limit);
      if (more) this.printError("fxn: only the newest 1000 tasks were looked at");
      if (this.json) this.printJson({ tasks: shown, total: all.length, version: versionOf(registry) });
      else if (shown.length === 0) this.print(`No task can be claimed at ${registry.name}.`);
      else
        this.print(
          table(
            ["task", "ETH each", "nodes", "until", "status"],
            shown.map((one) => [
              String(one.id),
              one.reward_per_node,
              one.required_nodes,
              timeOf(one.deadline),
              one.status,
            ]),
          ),
        );
      return EXIT.ok;
    });
  }
}

/** Of a deadline that may be anything. @param seconds unix */
export function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? "never" : date.toISOString().replace(".000Z", "Z");
}
