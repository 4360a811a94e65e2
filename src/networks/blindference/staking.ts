// Staking, step by step as the contract has it: what it would refuse is said before anything is sent.
import { formatEther } from "viem";
import type { Chain, Intent } from "../../chain/chain.ts";
import { CHAIN_ID, CONTRACTS } from "./contracts/addresses.ts";
import { approveCall, type Call, stakeCall, unstakeCall, withdrawCall } from "./contracts/calls.ts";
import { chainSeconds, stakeOf, stakeTerms } from "./contracts/reads.ts";
import { BlindferenceError } from "./errors.ts";

type ReadOnly = Pick<Chain, "read" | "account">;

/** One transaction; they are sent in their order, each when the one before is mined. */
export interface Step {
  /** For people: "approve". */
  readonly what: string;
  readonly intent: Intent;
}

/** @param amount in BLIND's smallest unit @param deed names this very wish: a second call with it stakes nothing more */
export async function stakeSteps(chain: ReadOnly, amount: bigint, deed: string): Promise<readonly Step[]> {
  const { token, least, balance, allowance } = await stakeTerms(chain, chain.account);
  if (amount < least) throw refused(`each call stakes ${formatEther(least)} BLIND at least, a later one too`);
  if (balance < amount) throw refused(`the account has ${formatEther(balance)} BLIND`);
  const approval = step("approve", deed, approveCall(token, CONTRACTS.staking, amount));
  return [...(allowance < amount ? [approval] : []), step("stake", deed, stakeCall(amount))];
}

/** All of it; it can be withdrawn 96 hours later. */
export async function unstakeSteps(chain: ReadOnly, deed: string): Promise<readonly Step[]> {
  const { staked, unbonding } = await stakeOf(chain, chain.account);
  if (unbonding > 0n) throw refused("an unstaking is under way", "See: fxn blindference staking status");
  if (staked === 0n) throw refused("there is no stake");
  return [step("unstake", deed, unstakeCall())];
}

/** By the chain's clock, which is the contract's. */
export async function withdrawSteps(chain: ReadOnly, deed: string): Promise<readonly Step[]> {
  const { unbonding, unbondingAvailableAt } = await stakeOf(chain, chain.account);
  if (unbonding === 0n) throw refused("nothing is being unstaked", "Begin with: fxn blindference staking unstake");
  if (BigInt(await chainSeconds(chain)) < unbondingAvailableAt) {
    throw refused(`it can be withdrawn at ${new Date(Number(unbondingAvailableAt) * 1000).toISOString()}`);
  }
  return [step("withdraw", deed, withdrawCall())];
}

function step(what: string, deed: string, call: Call): Step {
  return { what, intent: intentOf(`${what}/${deed}`, call) };
}

/** @param deed of the account, for ever: "heartbeat/7" */
export function intentOf(deed: string, call: Call): Intent {
  return { key: `blindference/${CHAIN_ID}/${deed}`, network: "blindference", job: "", model: "", ...call };
}

function refused(why: string, hint?: string): BlindferenceError {
  return new BlindferenceError("blindference_stake", why, { ...(hint !== undefined && { hint }) });
}
