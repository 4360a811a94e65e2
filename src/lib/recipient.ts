// An address that a person typed or pasted: a slip of a letter must not send money to nobody.
import { type Address, parseAddress } from "../core/address.ts";
import { checksumAddress } from "./ethereum.ts";

export type Recipient = { readonly address: Address } | { readonly problem: string };

/** In mixed case, the case is a checksum (EIP-55), and must hold. */
export function parseRecipient(text: string): Recipient {
  const address = parseAddress(text);
  if (!address || text.startsWith("0X")) return { problem: "is no address: 0x and 40 hex digits" };
  if (BigInt(address) === 0n) return { problem: "is the zero address: what is sent there is lost" };
  const digits = text.slice(2);
  const plain = digits === digits.toLowerCase() || digits === digits.toUpperCase();
  if (plain || text === checksumAddress(address)) return { address };
  return { problem: "is misspelt: its upper and lower case do not fit its digits (EIP-55)" };
}
