// What fxn oarn task cancel and expire share: a task of V1 is ended, and what is left of its ETH goes back to its requester.
import { Option } from "clipanion";
import { ETHER, formatAmount } from "../../../src/core/amount.ts";
import { endIntent } from "../../../src/networks/oarn/client/new-task.ts";
import { idOf, versionOf } from "../../../src/networks/oarn/client/shown.ts";
import { taskOf } from "../../../src/networks/oarn/client/tasks.ts";
import type { TaskEnd } from "../../../src/networks/oarn/registry/registry.ts";
import { EXIT } from "../../base.ts";
import { type Signing, taskId } from "../oarn-command.ts";
import { TaskCommand, WAIT_MS } from "./task-command.ts";

export abstract class EndTaskCommand extends TaskCommand {
  protected abstract readonly end: TaskEnd;
  id = Option.String({ name: "ID" });
  yes = Option.Boolean("-y,--yes", false, { description: "Do not ask" });

  protected async run(): Promise<number> {
    const id = taskId(this.id);
    return this.told(async () => {
      const home = await this.oarn();
      // The version decides whether there is such a thing: that costs no password.
      await this.reading(home, async ({ registries }) => void endIntent(this.chosen(registries), id, this.end));
      this.refuseUnasked(this.yes);
      return this.signing(home, (there) => this.#end(id, there));
    });
  }

  async #end(id: bigint, { chain, registries, account }: Signing): Promise<number> {
    const registry = this.chosen(registries);
    const intent = endIntent(registry, id, this.end);
    const { task } = await taskOf(chain, registry, id);
    // The contract's own words say why not.
    const { cost } = await chain.estimate(intent);
    const back = task.rewardPerNode * (task.requiredNodes - task.submitted);
    this.say("registry", registry.name);
    this.say("from", account.checksumAddress);
    this.say("back", `${formatAmount(back, ETHER)} ETH to ${task.requester}`);
    if (task.submitted > 0n) this.say("note", `${task.submitted} nodes have delivered: V1 pays them nothing then`);
    this.say("gas", `${formatAmount(cost, ETHER)} ETH at most`);
    await this.confirm(this.yes, "Send it?");
    const { transaction } = await chain.send(intent, AbortSignal.timeout(WAIT_MS));
    if (this.json)
      this.printJson({ success: true, task_id: idOf(id), tx_hash: transaction, version: versionOf(registry) });
    this.say("sent", transaction);
    return EXIT.ok;
  }
}
