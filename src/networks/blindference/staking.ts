// Staking, step by step as the contract has it: what it would refuse is said before anything is sent.
import { formatEther } from "viem";
import type { Chain, Intent, Receipt } from "../../chain/chain.ts";
import { CHAIN_ID, CONTRACTS } from "./contracts/addresses.ts";
import { approveCall, type Call, stakeCall, unstakeCall, withdrawCall } from "./contracts/calls.ts";
import { type StakeInfo, stakeOf, stakeTerms } from "./contracts/reads.ts";
import { BlindferenceError } from "./errors.ts";

/** @param amount in BLIND's smallest unit @param deed names this very wish: a second call with it stakes nothing more */
export async function stake(chain: Chain, amount: bigint, deed: string, signal: AbortSignal): Promise<Receipt> {
  const { token, least, balance, allowance } = await stakeTerms(chain, chain.account);
  if (amount < least) throw refused(`each call stakes ${formatEther(least)} BLIND at least`);
  if (balance < amount) throw refused(`the account has ${formatEther(balance)} BLIND`);
  if (allowance < amount) await send(chain, `approve/${deed}`, approveCall(token, CONTRACTS.staking, amount), signal);
  return send(chain, `stake/${deed}`, stakeCall(amount), signal);
}

/** All of it; it can be withdrawn 96 hours later. @returns what the contract says then */
export async function unstake(chain: Chain, deed: string, signal: AbortSignal): Promise<StakeInfo> {
  const { staked, unbonding } = await stakeOf(chain, chain.account);
  if (unbonding > 0n) throw refused("an unstaking is under way", "See: fxn blindference staking status");
  if (staked === 0n) throw refused("there is no stake");
  await send(chain, `unstake/${deed}`, unstakeCall(), signal);
  return stakeOf(chain, chain.account);
}

/** @param seconds unix time, now @returns how much */
export async function withdraw(chain: Chain, seconds: number, deed: string, signal: AbortSignal): Promise<bigint> {
  const { unbonding, unbondingAvailableAt } = await stakeOf(chain, chain.account);
  if (unbonding === 0n) throw refused("nothing is being unstaked", "Begin with: fxn blindference staking unstake");
  if (BigInt(seconds) < unbondingAvailableAt) {
    const at = new Date(Number(unbondingAvailableAt) * 1000).toISOString();
    throw refused(`it can be withdrawn at ${at}`);
  }
  await send(chain, `withdraw/${deed}`, withdrawCall(), signal);
  return unbonding;
}

function send(chain: Chain, deed: string, call: Call, signal: AbortSignal): Promise<Receipt> {
  return chain.send(intentOf(deed, call), signal);
}

/** @param deed of the account, for ever: "heartbeat/7" */
export function intentOf(deed: string, call: Call): Intent {
  return { key: `blindference/${CHAIN_ID}/${deed}`, network: "blindference", job: "", model: "", ...call };
}

function refused(why: string, hint?: string): BlindferenceError {
  return new BlindferenceError("blindference_stake", why, { ...(hint !== undefined && { hint }) });
}
