// What OARN's documents promise and no contract of it has: said plainly, and never pretended.
import { Command } from "clipanion";
import { FxnError } from "../../src/core/errors.ts";
import { FxnCommand } from "../base.ts";

abstract class NoContractCommand extends FxnCommand {
  protected abstract readonly why: string;
  protected abstract readonly instead: string;

  protected async run(): Promise<number> {
    throw new FxnError("oarn_no_contract", 501, this.why, { hint: this.instead });
  }
}

export class OarnRewardsCommand extends NoContractCommand {
  static override paths = [
    ["oarn", "rewards", "claim"],
    ["oarn", "wallet", "claim"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "there are no rewards to claim: says why",
    details: "Always ends with 1.",
    examples: [["Why not?", "$0 oarn rewards claim"]],
  });
  protected readonly why =
    "no contract of OARN has rewards to claim: they come in ETH, by themselves, when a task is settled";
  protected readonly instead = "See what came: fxn earnings, fxn oarn wallet balance.";
}

export class OarnValidatorCommand extends NoContractCommand {
  static override paths = [["oarn", "validator", "register"]];
  static override usage = Command.Usage({
    category: "OARN",
    description: "there are no validators: says why",
    details: "Always ends with 1.",
    examples: [["Why not?", "$0 oarn validator register"]],
  });
  protected readonly why = "OARN has no registry of validators: nobody can register, and no task goes by one";
  protected readonly instead = "V1's tasks for validators cost their requester more, and are worked on like any other.";
}
