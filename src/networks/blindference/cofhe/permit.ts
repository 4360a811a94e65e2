// The permit by which CoFHE seals a number for this node: a signed statement of our own, with a key that lives in memory only.
import { randomBytes } from "node:crypto";
import { x25519 } from "@noble/curves/ed25519.js";
import { hashTypedData, hexToBytes } from "viem";
import type { Address, Hex } from "../../../core/address.ts";
import type { EthereumAccount } from "../../../core/ethereum.ts";

const ZERO = "0x0000000000000000000000000000000000000000";
const LIFE_SECONDS = 7 * 24 * 60 * 60;
/** One that ends within this is not used any more. */
const LEAST_SECONDS = 60 * 60;

export interface Domain {
  readonly name: string;
  readonly version: string;
  readonly chainId: number;
  readonly verifyingContract: Address;
}

/** A pair of X25519 keys; what is sealed for the public one only the private one opens. */
export interface SealingKey {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

export function newSealingKey(privateKey: Uint8Array = randomBytes(32)): SealingKey {
  return { privateKey, publicKey: x25519.getPublicKey(privateKey) };
}

export const expiryOf = (seconds: number) => seconds + LIFE_SECONDS;
export const isStale = (expiration: number, seconds: number) => expiration - seconds < LEAST_SECONDS;

/** As the threshold network takes it. */
export interface Permission {
  readonly issuer: string;
  readonly expiration: number;
  readonly recipient: string;
  readonly validatorId: number;
  readonly validatorContract: string;
  readonly sealingKey: Hex;
  readonly issuerSignature: Hex;
  readonly recipientSignature: "0x";
}

const SELF = [
  { name: "issuer", type: "address" },
  { name: "expiration", type: "uint64" },
  { name: "recipient", type: "address" },
  { name: "validatorId", type: "uint256" },
  { name: "validatorContract", type: "address" },
  { name: "sealingKey", type: "bytes32" },
] as const;

/** @param domain of CoFHE's access list on this chain @param expiration unix seconds */
export function selfPermission(
  account: EthereumAccount,
  domain: Domain,
  publicKey: Uint8Array,
  expiration: number,
): Permission {
  const sealingKey = hexOf(publicKey);
  const digest = hashTypedData({
    domain,
    types: { PermissionedV2IssuerSelf: SELF },
    primaryType: "PermissionedV2IssuerSelf",
    message: {
      issuer: account.address,
      expiration: BigInt(expiration),
      recipient: ZERO,
      validatorId: 0n,
      validatorContract: ZERO,
      sealingKey,
    },
  });
  return {
    issuer: account.checksumAddress,
    expiration,
    recipient: ZERO,
    validatorId: 0,
    validatorContract: ZERO,
    sealingKey,
    issuerSignature: signTyped(account, digest),
    recipientSignature: "0x",
  };
}

/** r ‖ s ‖ v with v = 27 or 28, as wallets sign typed data. */
export function signTyped(account: EthereumAccount, digest: Hex): Hex {
  const signature = account.signDigest(hexToBytes(digest));
  return hexOf(Uint8Array.of(...signature.subarray(0, 64), (signature[64] ?? 0) + 27));
}

export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}
