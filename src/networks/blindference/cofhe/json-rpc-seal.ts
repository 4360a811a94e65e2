// How CoFHE's JSON-RPC form seals a number: its own permit, and X25519, HKDF and AES-GCM around the bytes.
import { createDecipheriv, hkdfSync } from "node:crypto";
import { x25519 } from "@noble/curves/ed25519.js";
import { hashTypedData } from "viem";
import type { Hex } from "../../../core/address.ts";
import type { EthereumAccount } from "../../../core/ethereum.ts";
import { numberOf } from "../blob.ts";
import { BlindferenceError } from "../errors.ts";
import { hexOf, signTyped } from "./permit.ts";

const POINT = 32;
const IV = 12;
const TAG = 16;
/** A head without a single byte of content is none. */
const LEAST = 65;

export interface RpcPermit {
  readonly issuer: string;
  readonly expiration: number;
  readonly sealingKey: Hex;
  readonly signature: Hex;
}

/** @param expiration unix seconds */
export function rpcPermit(
  account: EthereumAccount,
  chainId: number,
  publicKey: Uint8Array,
  expiration: number,
): RpcPermit {
  const sealingKey = hexOf(publicKey);
  const digest = hashTypedData({
    domain: {
      name: "CoFHE",
      version: "1",
      chainId,
      verifyingContract: "0x0000000000000000000000000000000000000000",
    },
    types: {
      Permit: [
        { name: "issuer", type: "address" },
        { name: "expiration", type: "uint256" },
        { name: "sealingKey", type: "bytes32" },
      ],
    },
    primaryType: "Permit",
    message: { issuer: account.address, expiration: BigInt(expiration), sealingKey },
  });
  return { issuer: account.checksumAddress, expiration, sealingKey, signature: signTyped(account, digest) };
}

/** @throws BlindferenceError blindference_cofhe */
export function unseal(sealed: Uint8Array, privateKey: Uint8Array): bigint {
  if (sealed.length < LEAST) {
    throw new BlindferenceError("blindference_cofhe", `a sealed number has ${sealed.length} bytes, too few`);
  }
  try {
    const shared = x25519.getSharedSecret(privateKey, sealed.subarray(0, POINT));
    const key = Buffer.from(hkdfSync("sha256", shared, new Uint8Array(), "CoFHE seal", 32));
    const iv = sealed.subarray(POINT, POINT + IV);
    const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG });
    decipher.setAuthTag(sealed.subarray(-TAG));
    return numberOf(Buffer.concat([decipher.update(sealed.subarray(POINT + IV, -TAG)), decipher.final()]));
  } catch {
    throw new BlindferenceError("blindference_cofhe", "what CoFHE sealed does not open with the permit's key");
  }
}
