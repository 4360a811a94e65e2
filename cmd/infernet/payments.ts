// fxn infernet payments: what the control plane says it pays for this node's work.
import { Command, Option, UsageError } from "clipanion";
import { clean } from "../../src/lib/clean.ts";
import { listPayments, type Payment } from "../../src/networks/infernet/routes.ts";
import { EXIT } from "../base.ts";
import { table } from "../table.ts";
import { InfernetCommand } from "./infernet-command.ts";

export class InfernetPaymentsCommand extends InfernetCommand {
  static override paths = [
    ["infernet", "payments"],
    ["infernet", "payments", "list"],
  ];
  static override usage = Command.Usage({
    category: "Infernet",
    description: "list payments for this node's work",
    details: "As the control plane has them, the newest first.",
    examples: [["The last hundred, for a script", "$0 infernet payments --limit 100 --json"]],
  });

  limit = Option.String("--limit", "20", { description: "How many, 100 at most" });
  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const limit = /^\d{1,3}$/.test(this.limit) ? Number(this.limit) : 0;
    if (limit < 1 || limit > 100) throw new UsageError("--limit takes a number from 1 to 100");
    const rows = await listPayments((await this.infernet()).plane, limit);
    if (this.json) this.printJson({ schema: 1, payments: rows });
    else if (rows.length === 0) this.print("None.");
    else this.print(table(["when", "direction", "amount", "coin", "status", "transaction"], rows.map(cells)));
    return EXIT.ok;
  }
}

function cells({ created_at, direction, amount, coin, status, tx_hash }: Payment): string[] {
  return [created_at, direction, String(amount ?? "-"), coin ?? "-", status, tx_hash ?? "-"].map((text) => clean(text));
}
