// A node's own records on chain: its registration, once and for all, and the one that lets it into quorums.
import type { Chain, Receipt } from "../../chain/chain.ts";
import type { EthereumAccount } from "../../core/ethereum.ts";
import { toBytes32 } from "./bytes32.ts";
import type { Certificate } from "./certificate.ts";
import { availabilityRecord, signRecord } from "./contracts/availability.ts";
import { commitCall, registerCall } from "./contracts/calls.ts";
import { standingOf } from "./contracts/reads.ts";
import { BlindferenceError } from "./errors.ts";
import { intentOf } from "./staking.ts";

/** Undefined: it is registered, and nobody can register twice. */
export async function register(
  chain: Chain,
  { hash, expires, tier }: Certificate,
  models: readonly string[],
  signal: AbortSignal,
): Promise<Receipt | undefined> {
  const { registered, minStake } = await standingOf(chain, chain.account);
  if (registered) return undefined;
  const record = { tier, certificate: toBytes32(hash), expires: Math.floor(expires / 1000), models };
  return chain.send({ ...intentOf(`register/${chain.account}`, registerCall(record)), value: minStake }, signal);
}

/** Overwrites an older one. @param seconds unix time, now */
export async function commitAvailability(
  chain: Chain,
  account: EthereumAccount,
  { hash }: Certificate,
  seconds: number,
  signal: AbortSignal,
): Promise<Receipt> {
  if (account.address !== chain.account) {
    throw new BlindferenceError("blindference_chain", "the record must be signed by the account that sends it");
  }
  const record = availabilityRecord(account.address, toBytes32(hash), seconds);
  return chain.send(
    intentOf(`availability/${account.address}/${seconds}`, commitCall(record, signRecord(account, record))),
    signal,
  );
}
