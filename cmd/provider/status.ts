// fxn provider status: where this node stands with the network, as its contracts have it now.
import { Command } from "clipanion";
import { takenBack } from "../../registries/provider/plans.ts";
import { type Registered, type Standing, standingOf } from "../../registries/provider/reads.ts";
import { stakingAddress } from "../../registries/router.ts";
import { ETHER, formatAmount } from "../../src/core/amount.ts";
import { FxnError, messageOf } from "../../src/core/errors.ts";
import { checksumAddress } from "../../src/lib/ethereum.ts";
import { openProviderReads, type ProviderReads } from "../../src/node/provider-account.ts";
import { EXIT } from "../base.ts";
import { nextStep, ProviderCommand, type ShownProvider, shownProvider } from "./provider-command.ts";

interface Shown extends ShownProvider {
  /** FUNC that an unstaking would give now; null: nothing, or not known. */
  readonly staked: string | null;
  /** Why an unstaking gives nothing, in the contract's words. */
  readonly refusal: string | null;
}

export class ProviderStatusCommand extends ProviderCommand {
  static override paths = [["provider", "status"]];
  static override usage = Command.Usage({
    category: "Provider",
    description: "show where this node stands with the Function Network",
    details: `
      Asks the contracts; the node need not run, and no password is asked for. What is staked is what the contract would give back
      now, since it names no amount: where no RPC can try that, it is not known. Exit code 0 when every registration is active.
    `,
    examples: [
      ["For a person", "$0 provider status"],
      ["For a script", "$0 provider status --json"],
    ],
  });

  protected async run(): Promise<number> {
    const opened = await this.opened();
    const address = await this.address(opened);
    const router = opened.config.registry.routerSmartContractAddress;
    const chain = openProviderReads(opened.config, address, opened.ports);
    try {
      const standing = await chain.read((view) => standingOf(view, router, address));
      const shown = await Promise.all(standing.providers.map((one) => this.#look(chain, standing, one)));
      const next = nextStep(standing.providers);
      if (this.json) this.printJson({ schema: 1, ...accountOf(standing), providers: shown, next: next ?? null });
      else this.#print(standing, shown, next);
      return shown.length > 0 && shown.every(({ active }) => active) ? EXIT.ok : EXIT.failed;
    } finally {
      chain.close();
    }
  }

  async #look(chain: ProviderReads, standing: Standing, one: Registered): Promise<Shown> {
    const shown = shownProvider(one);
    try {
      const staking = await chain.read((view) => stakingAddress(view, standing.router, one.modelId));
      const { amount, refusal } = await takenBack(chain, standing, staking, one.id);
      const staked = amount === undefined ? null : formatAmount(amount, ETHER);
      return { ...shown, staked, refusal: refusal ?? null };
    } catch (error) {
      if (!(error instanceof FxnError)) throw error;
      this.printError(`fxn: ${messageOf(error)}`);
      return { ...shown, staked: null, refusal: null };
    }
  }

  #print(standing: Standing, shown: readonly Shown[], next: string | undefined): void {
    const { account, ether, func, chainId, registry } = accountOf(standing);
    this.print(`Account      ${account}`);
    this.print(`Chain        ${chainId}, ProviderRegistry ${registry}`);
    this.print(`Has          ${ether} ETH, ${func} FUNC`);
    for (const { id, modelId, url, name, registeredAt, paused, active, staked, refusal } of shown) {
      this.print(`Provider     ${id}`);
      this.print(`  model      ${modelId}`);
      this.print(`  url        ${url ?? "none: fxn provider update --url https://node.example"}`);
      if (name !== null) this.print(`  name       ${name}`);
      this.print(`  registered ${registeredAt}`);
      this.print(`  state      ${stateWords(paused, active)}`);
      this.print(`  staked     ${stakeWords(staked, refusal)}`);
    }
    if (shown.length === 0) this.print("Provider     not registered");
    this.print(`Next         ${next ?? "nothing: it is active"}`);
  }
}

function accountOf({ account, ether, funcBalance, chainId, registry }: Standing) {
  return {
    account: checksumAddress(account),
    chainId,
    registry: checksumAddress(registry),
    ether: formatAmount(ether, ETHER),
    func: formatAmount(funcBalance, ETHER),
  };
}

function stakeWords(staked: string | null, refusal: string | null): string {
  if (staked !== null) return `${staked} FUNC`;
  return refusal === null ? "not known" : `nothing that comes back now: ${refusal}`;
}

function stateWords(paused: boolean, active: boolean): string {
  if (paused) return "paused: it gets no work";
  return active ? "active" : "not active: is enough staked?";
}
