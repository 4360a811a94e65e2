// fxn blindference jobs list: the jobs of this node, as the payment service has them.
import { Command, Option, UsageError } from "clipanion";
import { ETHER, formatAmount } from "../../../src/core/amount.ts";
import { clean } from "../../../src/lib/clean.ts";
import { EXIT } from "../../base.ts";
import { table } from "../../table.ts";
import { BlindferenceCommand } from "../blindference-command.ts";

export class BlindferenceJobsListCommand extends BlindferenceCommand {
  static override paths = [["blindference", "jobs", "list"]];
  static override usage = Command.Usage({
    category: "Blindference",
    description: "list this node's jobs",
    details: "As the payment service has them, the latest first. No password is needed.",
    examples: [["The last hundred, for a script", "$0 blindference jobs list --limit 100 --json"]],
  });

  limit = Option.String("--limit", "20", { description: "How many, 100 at most" });

  protected async run(): Promise<number> {
    const limit = /^\d{1,3}$/.test(this.limit) ? Number(this.limit) : 0;
    if (limit < 1 || limit > 100) throw new UsageError("--limit takes a number from 1 to 100");
    const found = await (await this.payments(await this.opened())).jobs(limit);
    const jobs = found.map(({ job_id, role, status, amount_blind_earned: earned, model_id, completed_at }) => ({
      job: clean(job_id),
      role: clean(role ?? ""),
      status: clean(status),
      earned: earned === null || earned === undefined ? null : formatAmount(earned, ETHER),
      model: clean(model_id ?? ""),
      completedAt: clean(String(completed_at ?? "")),
    }));
    if (this.json) this.printJson({ schema: 1, jobs });
    else if (jobs.length === 0) this.print("None.");
    else
      this.print(
        table(
          ["completed", "role", "status", "BLIND", "model", "job"],
          jobs.map((one) => [one.completedAt, one.role, one.status, one.earned ?? "-", one.model, one.job]),
        ),
      );
    return EXIT.ok;
  }
}
