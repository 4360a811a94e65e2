// What commands for tasks share: which registry is meant, how a transaction is confirmed, and how its failure is told.
import { Option, UsageError } from "clipanion";
import { TransactionError } from "../../../src/chain/errors.ts";
import { FxnError } from "../../../src/core/errors.ts";
import { registryOf } from "../../../src/networks/oarn/client/tasks.ts";
import type { TaskRegistry } from "../../../src/networks/oarn/registry/registry.ts";
import { PromptError } from "../../prompt.ts";
import { OarnCommand } from "../oarn-command.ts";

/** How long a block is waited for. */
export const WAIT_MS = 5 * 60_000;

export abstract class TaskCommand extends OarnCommand {
  registry = Option.String("--registry", {
    description: "Address of the registry. Default: the first of V2, else of V1",
  });
  v1 = Option.Boolean("--v1", false, { description: "The first registry of V1" });
  v2 = Option.Boolean("--v2", false, { description: "The first registry of V2, as without it where there is one" });
  json = Option.Boolean("--json", false, { description: "Print JSON" });

  /** @throws UsageError, OarnError "oarn_not_found" */
  protected chosen(registries: readonly TaskRegistry[]): TaskRegistry {
    if (this.v1 && this.v2) throw new UsageError("--v1 and --v2 do not go together");
    return registryOf(registries, { address: this.registry, version: this.v1 ? 1 : this.v2 ? 2 : undefined });
  }

  /** With --json a failure is an answer, too: {success: false, error}. */
  protected async told(work: () => Promise<number>): Promise<number> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof TransactionError && error.code === "transaction_pending")
        this.printError("fxn: the transaction is signed and stays in the queue: do not send it again");
      if (this.json && error instanceof FxnError) this.printJson({ success: false, error: error.message });
      throw error;
    }
  }

  /** Before anything costs. @throws PromptError */
  protected refuseUnasked(yes: boolean): void {
    if (yes || this.terminal()) return;
    throw new PromptError(
      "prompt_no_terminal",
      "There is no terminal on which to confirm",
      "Give --yes to go on without asking.",
    );
  }

  protected async confirm(yes: boolean, question: string): Promise<void> {
    if (yes) return;
    const answer = await this.terminal()?.ask(`${question} It cannot be taken back. Type yes: `);
    if (answer?.trim().toLowerCase() === "yes") return;
    throw new PromptError("prompt_cancelled", "Cancelled", "Nothing was sent.");
  }

  /** Beside JSON nothing else stands on standard output. */
  protected say(name: string, value: string): void {
    const line = `${name.padEnd(10)} ${value}`;
    if (this.json) this.printError(line);
    else this.print(line);
  }
}
