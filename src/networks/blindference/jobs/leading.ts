// Whether this node may lead: a leader that claims and does not deliver is punished, and the third time in a row costs the stake.
import type { Chain } from "../../../chain/chain.ts";
import { TransactionError } from "../../../chain/errors.ts";
import type { Address } from "../../../core/address.ts";
import type { Clock } from "../../../core/clock.ts";
import type { NetworkState } from "../../../core/network-state.ts";
import type { Cofhe } from "../cofhe/cofhe.ts";
import { hasCode, stakeOf } from "../contracts/reads.ts";

/** The contract takes the whole stake at the third. */
const FATAL = 3n;
const CLAIMS = "claim";
/** More than storing a key takes: two proofs are verified, two handles stored and allowed. */
const STORE_GAS = 1_000_000n;
/** By then the ICL has counted what it will count of a claim. */
const COUNTED_MS = 15 * 60 * 1000;

export interface LeadingPorts {
  readonly node: Address;
  readonly cofhe: Cofhe | undefined;
  readonly chain: Chain | undefined;
  readonly promptKeyStore: Address | undefined;
  readonly canUpload: boolean;
  readonly state: NetworkState;
  readonly clock: Clock;
}

export interface Refusal {
  readonly why: string;
  readonly hint: string;
}

export class Leading {
  readonly #ports: LeadingPorts;

  constructor(ports: LeadingPorts) {
    this.#ports = ports;
  }

  /** What keeps this node from leading any job, whichever it is. */
  async refusal(): Promise<Refusal | undefined> {
    const { cofhe, canUpload, chain, promptKeyStore: store } = this.#ports;
    if (!cofhe) return { why: "no keys can be had", hint: "See networks.blindference.cofhe." };
    if (!canUpload) {
      return {
        why: "there is nowhere to put an answer",
        hint: "Set networks.blindference.ipfs.uploadToken, or ipfs.api.",
      };
    }
    const missing = await cofhe.cannotEncrypt();
    if (missing) return missing;
    if (!cofhe.provable) return undefined;
    if (!store) return { why: "no promptKeyStore is set", hint: "Set networks.blindference.promptKeyStore." };
    if (!chain) return { why: "there is no RPC", hint: "Set networks.blindference.rpcUrls." };
    if (!(await hasCode(chain, store))) {
      return {
        why: `there is no contract at ${store}`,
        hint: "Set networks.blindference.promptKeyStore to the ICL's.",
      };
    }
    return this.#cannotPay(chain);
  }

  /** For the keys of this answer and of those that are claimed already: in the account, and in the day's gas. */
  async #cannotPay(chain: Chain): Promise<Refusal | undefined> {
    const { node, state } = this.#ports;
    const keys = BigInt(state.all(CLAIMS).length + 1);
    // What the contract would say needs a proof that there is none of yet, so that only the money is looked at.
    const call = {
      key: "blindference/can-pay",
      network: "blindference",
      job: "",
      model: "",
      to: node,
      data: "0x",
    } as const;
    try {
      await chain.estimate({ ...call, spareGas: STORE_GAS * keys });
      return undefined;
    } catch (error) {
      if (!(error instanceof TransactionError)) throw error;
      return { why: `storing keys could not be paid: ${error.message}`, hint: error.hint ?? "" };
    }
  }

  /**
   * Undefined: another claim puts no stake at risk, and it is noted, durably, before the ICL hears of it. Every claim that
   * is still open counts as one that will fail; the note is made with the count, so that of two at once one sees the other.
   */
  async claim(job: string): Promise<string | undefined> {
    const { chain, node, state, clock } = this.#ports;
    const stake = chain && (await stakeOf(chain, node));
    state.forget(CLAIMS, clock.now() - COUNTED_MS);
    const open = state.all(CLAIMS).filter(({ key }) => key !== job).length;
    const isNew = !this.mayHaveClaimed(job);
    if (isNew && stake && stake.staked > 0n && stake.consecutiveFailures + BigInt(open) + 1n >= FATAL)
      return `the stake would be at risk: ${stake.consecutiveFailures} failures in a row, and ${open} claims open`;
    state.set(CLAIMS, job, "");
    return undefined;
  }

  /** By now the ICL may know of it. */
  mayHaveClaimed(job: string): boolean {
    return this.#ports.state.get(CLAIMS, job) !== undefined;
  }

  /** The ICL punishes no more for it. */
  over(job: string): void {
    this.#ports.state.remove(CLAIMS, job);
  }
}
