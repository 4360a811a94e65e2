// Where Blindference's contracts are, by chain. PromptKeyStore is not among them: four of them are about, and the operator says which.
import { type Address, parseAddress } from "../../../core/address.ts";

/** Arbitrum Sepolia: the one chain of this network. */
export const CHAIN_ID = 421_614;
export const BLIND_TOKEN = known("0x232D5470DaaC7AD552a42d876aDEF1f778033cE0");

export const CONTRACTS = {
  nodeRegistry: known("0x72C0Ead949Fd2C346598a30AF1A69c3c5Cb86082"),
  staking: known("0x222Ac74201Ed58915e42Ee5be626d939fd234D0b"),
  attestationRegistry: known("0xB54e019e9717a8Ed4746bA9d7F1A3F83cf0a35E0"),
  /** Fhenix's, from which CoFHE's access list is known. */
  taskManager: known("0xeA30c4B8b44078Bbf8a6ef5b9f1eC1626C7848D9"),
} as const;

/** The zero address. */
export const NOBODY = known(`0x${"0".repeat(40)}`);

function known(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new RangeError("an address has 40 hex digits");
  return address;
}
