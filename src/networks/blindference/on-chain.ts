// A node's own records on chain: its registration, once and for all, and the one that lets it into quorums.
import type { Chain } from "../../chain/chain.ts";
import type { EthereumAccount } from "../../core/ethereum.ts";
import { toBytes32 } from "./bytes32.ts";
import type { Certificate } from "./certificate.ts";
import { availabilityRecord, signRecord } from "./contracts/availability.ts";
import { commitCall, registerCall } from "./contracts/calls.ts";
import { standingOf } from "./contracts/reads.ts";
import { intentOf, type Step } from "./staking.ts";

const SAME_DEED_SECONDS = 600n;

/** Undefined: it is registered, and nobody can register twice. The step's value is what the contract wants to be paid. */
export async function registerStep(
  chain: Pick<Chain, "read" | "account">,
  { hash, expires, tier }: Certificate,
  models: readonly string[],
): Promise<Step | undefined> {
  const { registered, minStake, now } = await standingOf(chain, chain.account);
  if (registered) return undefined;
  const record = { tier, certificate: toBytes32(hash), expires: Math.floor(expires / 1000), models };
  // A command that is given again at once goes on with the same deed; later, one that failed in its block is done anew.
  const deed = `register/${chain.account}/${now / SAME_DEED_SECONDS}`;
  const intent = { ...intentOf(deed, registerCall(record)), value: minStake };
  return { what: "register", intent };
}

export interface AvailabilityStep extends Step {
  /** When the record ends, unix seconds. */
  readonly until: number;
}

/**
 * Overwrites an older one. @param account that also sends it @param seconds unix time, now @param deed names this very
 * wish, for ever
 */
export function availabilityStep(
  account: EthereumAccount,
  { hash }: Certificate,
  seconds: number,
  deed = String(seconds),
): AvailabilityStep {
  const record = availabilityRecord(account.address, toBytes32(hash), seconds);
  const call = commitCall(record, signRecord(account, record));
  const intent = intentOf(`availability/${account.address}/${deed}`, call);
  return { what: "record", intent, until: record.expiresAt };
}
