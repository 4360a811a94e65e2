// A node's own records on chain: its registration, once and for all, and the one that lets it into quorums.
import type { Chain } from "../../chain/chain.ts";
import type { EthereumAccount } from "../../core/ethereum.ts";
import { toBytes32 } from "./bytes32.ts";
import type { Certificate } from "./certificate.ts";
import { availabilityRecord, signRecord } from "./contracts/availability.ts";
import { commitCall, registerCall } from "./contracts/calls.ts";
import { standingOf } from "./contracts/reads.ts";
import { intentOf, type Step } from "./staking.ts";

/** Undefined: it is registered, and nobody can register twice. The step's value is what the contract wants to be paid. */
export async function registerStep(
  chain: Pick<Chain, "read" | "account">,
  { hash, expires, tier }: Certificate,
  models: readonly string[],
): Promise<Step | undefined> {
  const { registered, minStake } = await standingOf(chain, chain.account);
  if (registered) return undefined;
  const record = { tier, certificate: toBytes32(hash), expires: Math.floor(expires / 1000), models };
  const intent = { ...intentOf(`register/${chain.account}`, registerCall(record)), value: minStake };
  return { what: "register", intent };
}

/** Overwrites an older one. @param account that also sends it @param seconds unix time, now */
export function availabilityStep(account: EthereumAccount, { hash }: Certificate, seconds: number): Step {
  const record = availabilityRecord(account.address, toBytes32(hash), seconds);
  const call = commitCall(record, signRecord(account, record));
  return { what: "record", intent: intentOf(`availability/${account.address}/${seconds}`, call) };
}
