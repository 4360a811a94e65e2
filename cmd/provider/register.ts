// fxn provider register: makes this node known to the network, and stakes for it when that is wished.
import { Command, Option, UsageError } from "clipanion";
import { registerCall, stakeCall } from "../../registries/provider/calls.ts";
import { metadataWith, nodeUrl } from "../../registries/provider/metadata.ts";
import { alreadySo, refuseOther, registerPlan, stakePlan, takenBack } from "../../registries/provider/plans.ts";
import { idOf } from "../../registries/provider/provider-id.ts";
import { registeredAs } from "../../registries/provider/reads.ts";
import { stakingAddress } from "../../registries/router.ts";
import { ETHER, formatAmount } from "../../src/core/amount.ts";
import { checksumAddress } from "../../src/lib/ethereum.ts";
import { mostFunc } from "./amount.ts";
import { ProviderChainCommand } from "./provider-chain-command.ts";

const MAX_UINT256 = 2n ** 256n - 1n;

export class ProviderRegisterCommand extends ProviderChainCommand {
  static override paths = [["provider", "register"]];
  static override usage = Command.Usage({
    category: "Provider",
    description: "register this node as a provider",
    details: `
      With the node's key as its owner, which pays the gas. The id is the node's address unless --id says another; it stays for
      ever. --stake stakes in the same transaction, after an approval of exactly what the contract takes; with --yes --amount
      is needed then, and says how much FUNC may be taken at most. What is registered with the same data already is left as it is;
      with --stake, and not staked, it is staked.
    `,
    examples: [
      [
        "A first look at what it costs",
        "$0 provider register --model-id 7 --url https://node.example --stake --dry-run",
      ],
      [
        "In a script",
        "$0 provider register --model-id 7 --url https://node.example --name Ada --stake --amount 1000 --yes",
      ],
    ],
  });

  modelId = Option.String("--model-id", { required: true, description: "The network's number of the model" });
  url = Option.String("--url", { required: true, description: "Where gateways reach the node: https://node.example" });
  name = Option.String("--name", { description: "What the node is called" });
  id = Option.String("--id", {
    description: "Its id: a text, or hex: and hex digits; at most 64 bytes. Default: the node's address",
  });
  stake = Option.Boolean("--stake", false, { description: "Stake as well" });
  amount = Option.String("--amount", { description: "Most FUNC that may be taken for the stake" });

  protected async run(): Promise<number> {
    if (this.amount !== undefined && !this.stake) throw new UsageError("--amount is for --stake");
    const modelId = this.#modelId();
    const { url, doubts } = nodeUrl(this.url);
    const metadata = metadataWith("", { url, name: this.name });
    const most = this.stake ? mostFunc(this.amount, this.yes && !this.dryRun) : undefined;
    for (const doubt of doubts) this.printError(`fxn: ${doubt}`);
    return this.fulfil({
      question: this.stake ? "Register and stake it?" : "Register it?",
      plan: async (chain, standing) => {
        const id = idOf(this.id ?? checksumAddress(standing.account));
        const wanted = { id, modelId, metadata };
        const present = await chain.read((view) => registeredAs(view, standing.registry, id));
        if (!this.stake) return registerPlan(standing, present, wanted);
        const staking = await chain.read((view) => stakingAddress(view, standing.router, modelId));
        if (!present) {
          const call = registerCall(standing.registry, wanted, true);
          return stakePlan(chain, standing, { call, spenders: [standing.registry, staking], most });
        }
        refuseOther(present, standing.account, wanted);
        const { amount: staked = 0n } = await takenBack(chain, standing, staking, id);
        if (staked > 0n) return alreadySo(`registered already, and ${formatAmount(staked, ETHER)} FUNC are staked`);
        return stakePlan(chain, standing, { call: stakeCall(staking, id), spenders: [staking], most });
      },
    });
  }

  #modelId(): bigint {
    const modelId = /^\d{1,78}$/.test(this.modelId) ? BigInt(this.modelId) : -1n;
    if (modelId >= 0n && modelId <= MAX_UINT256) return modelId;
    throw new UsageError(`--model-id: "${this.modelId}" is no number of a model`);
  }
}
