// fxn provider claim: fetches the rewards of some epochs; what comes is in fxn earnings.
import { Command, Option, UsageError } from "clipanion";
import { claimAllCall, claimCall, type Epochs } from "../../registries/provider/calls.ts";
import { chosen, returnPlan } from "../../registries/provider/plans.ts";
import { stakingAddress } from "../../registries/router.ts";
import { doneBefore, ProviderChainCommand } from "./provider-chain-command.ts";

/** Longer ones are no uint256. */
const EPOCH = /^\d{1,77}$/;

export class ProviderClaimCommand extends ProviderChainCommand {
  static override paths = [["provider", "claim"]];
  static override usage = Command.Usage({
    category: "Provider",
    description: "claim the rewards of epochs",
    details: `
      Of one provider, or with --all of all that this account owns, in one transaction. Which epochs are closed is nothing that
      the contracts' published functions say: name them. What the claim would give is tried first and said; what it gave, by
      FUNC's own events in the receipt, is shown and stands in fxn earnings as of the network "function".
    `,
    examples: [
      ["One epoch", "$0 provider claim --from 41"],
      ["Several, of all providers, in a script", "$0 provider claim --from 41 --to 48 --all --yes --json"],
    ],
  });

  id = Option.String("--id", { description: "Which one, where this account has several providers" });
  all = Option.Boolean("--all", false, { description: "All providers of this account" });
  from = Option.String("--from", { required: true, description: "The first epoch" });
  to = Option.String("--to", { description: "The last epoch. Default: the first" });

  protected async run(): Promise<number> {
    const epochs = this.#epochs();
    if (this.all && this.id !== undefined)
      throw new UsageError("--id and --all say different things: give one of them");
    return this.fulfil({
      question: "Claim it?",
      plan: async (chain, standing, left) => {
        const one = this.all ? undefined : chosen(standing, this.id);
        const call = one
          ? claimCall(await chain.read((view) => stakingAddress(view, standing.router, one.modelId)), one.id, epochs)
          : claimAllCall(standing.registry, epochs);
        return doneBefore(left, call) ?? returnPlan(chain, standing, call);
      },
    });
  }

  #epochs(): Epochs {
    const from = epoch("--from", this.from);
    const to = this.to === undefined ? from : epoch("--to", this.to);
    if (to < from) throw new UsageError("--to: the last epoch is before the first");
    return { from, to };
  }
}

function epoch(option: string, text: string): bigint {
  if (EPOCH.test(text)) return BigInt(text);
  throw new UsageError(`${option}: "${text}" is no number of an epoch`);
}
