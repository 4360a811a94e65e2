// fxn oarn task fund: adds ETH to what a task of V2 pays.
import { randomUUID } from "node:crypto";
import { Command, Option, UsageError } from "clipanion";
import type { Chain, Intent } from "../../../src/chain/chain.ts";
import { TransactionError } from "../../../src/chain/errors.ts";
import { ETHER, formatAmount, parseAmount } from "../../../src/core/amount.ts";
import { fundIntent } from "../../../src/networks/oarn/client/new-task.ts";
import { idOf, versionOf } from "../../../src/networks/oarn/client/shown.ts";
import { taskOf } from "../../../src/networks/oarn/client/tasks.ts";
import { OarnError } from "../../../src/networks/oarn/errors.ts";
import { isOpen, shownState } from "../../../src/networks/oarn/registry/task.ts";
import { EXIT } from "../../base.ts";
import { type Signing, taskId } from "../oarn-command.ts";
import { TaskCommand, WAIT_MS } from "./task-command.ts";

export class OarnTaskFundCommand extends TaskCommand {
  static override paths = [
    ["oarn", "task", "fund"],
    ["oarn", "tasks", "fund"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "add ETH to what a task of V2 pays",
    details: `
      Anybody may, as long as it can still be claimed or answered. The amount is shared by all places of the task; a rest of a
      few wei that does not divide is lost. Older registries of V2 cannot do it, and V1 never.
    `,
    examples: [["0.003 ETH more, so 0.001 for each of three nodes", "$0 oarn task fund 7 0.003"]],
  });

  id = Option.String({ name: "ID" });
  amount = Option.String({ name: "ETH" });
  yes = Option.Boolean("-y,--yes", false, { description: "Do not ask" });

  protected async run(): Promise<number> {
    const id = taskId(this.id);
    const amount = parseAmount(this.amount, ETHER);
    if (amount === undefined || amount === 0n)
      throw new UsageError(`ETH: "${this.amount}" is no amount above 0, such as 0.003`);
    return this.told(async () => {
      this.refuseUnasked(this.yes);
      return this.signing(await this.oarn(), (there) => this.#fund(id, amount, there));
    });
  }

  async #fund(id: bigint, amount: bigint, { chain, registries, account }: Signing): Promise<number> {
    const registry = this.chosen(registries);
    const intent = fundIntent(registry, id, amount, randomUUID());
    const { task, now } = await taskOf(chain, registry, id);
    const state = shownState(task, now);
    if (!isOpen(state)) throw new OarnError("oarn_request", 409, `task ${id} is ${state}: it takes no more`);
    const cost = await this.#tried(chain, intent);
    const reward = (task.rewardPerNode * task.requiredNodes + amount) / task.requiredNodes;
    this.say("registry", registry.name);
    this.say("from", account.checksumAddress);
    this.say("amount", eth(amount));
    this.say("reward", `${eth(task.rewardPerNode)} each, then ${eth(reward)}`);
    this.say("gas", `${eth(cost)} at most`);
    await this.confirm(this.yes, "Send it?");
    const receipt = await chain.send(intent, AbortSignal.timeout(WAIT_MS));
    const pays = registry.fundedBy(receipt) ?? reward;
    if (this.json)
      this.printJson({
        success: true,
        task_id: idOf(id),
        tx_hash: receipt.transaction,
        version: versionOf(registry),
        reward_per_node: formatAmount(pays, ETHER),
      });
    this.say("sent", receipt.transaction);
    this.say("pays now", `${eth(pays)} each`);
    return EXIT.ok;
  }

  async #tried(chain: Chain, intent: Intent): Promise<bigint> {
    try {
      return (await chain.estimate(intent)).cost;
    } catch (error) {
      // The contract has words for all it refuses, but for what it does not know.
      if (error instanceof TransactionError && error.code === "transaction_refused" && !error.reason)
        throw new OarnError("oarn_request", 409, "this registry refuses without a word: it seems to know no funding");
      throw error;
    }
  }
}

function eth(amount: bigint): string {
  return `${formatAmount(amount, ETHER)} ETH`;
}
