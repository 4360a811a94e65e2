// Whether this node can lead: all that a leader needs, down to the gas for its answer's key, is there before anything is claimed.
import type { Chain } from "../../../chain/chain.ts";
import { TransactionError } from "../../../chain/errors.ts";
import type { Address } from "../../../core/address.ts";
import type { NetworkState } from "../../../core/network-state.ts";
import type { Cofhe } from "../cofhe/cofhe.ts";
import { hasCode } from "../contracts/reads.ts";
import type { Claims } from "./claims.ts";

const STORED = "stored-key";
/**
 * Before the first key was stored: without a proof, the contract lets nobody try what it takes. Two proofs are verified, two
 * handles stored and allowed, which takes less.
 */
const FIRST_STORE_GAS = 1_000_000n;

export interface LeadingPorts {
  readonly node: Address;
  readonly cofhe: Cofhe | undefined;
  readonly chain: Chain | undefined;
  readonly promptKeyStore: Address | undefined;
  readonly canUpload: boolean;
  readonly claims: Pick<Claims, "open">;
  readonly state: NetworkState;
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
    if (!cofhe)
      return {
        why: "no keys can be had",
        hint: "Set networks.blindference.rpcUrls, or cofhe.mode and cofhe.endpoint.",
      };
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
    const { node, claims } = this.#ports;
    const keys = BigInt(claims.open + 1);
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
      await chain.estimate({ ...call, spareGas: this.#storeGas() * keys });
      return undefined;
    } catch (error) {
      if (!(error instanceof TransactionError)) throw error;
      return { why: `storing keys could not be paid: ${error.message}`, hint: error.hint ?? "" };
    }
  }

  /** @param gas that was set aside for storing one key */
  stored(gas: bigint): void {
    this.#ports.state.set(STORED, "gas", String(gas));
  }

  /** What the latest one took, and a quarter more: proofs differ, and so does the price of their bytes. */
  #storeGas(): bigint {
    const known = this.#ports.state.get(STORED, "gas");
    return known ? (BigInt(known.value) * 5n) / 4n : FIRST_STORE_GAS;
  }
}
