// The record that lets the ICL take a node into quorums where a real chain is behind it: signed by the node, committed by itself.
import { decodeAbiParameters, encodeAbiParameters, keccak256, parseAbiParameters, stringToHex } from "viem";
import type { Receipt } from "../../../chain/chain.ts";
import type { Address, Hex } from "../../../core/address.ts";
import type { EthereumAccount } from "../../../core/ethereum.ts";
import { CHAIN_ID, CONTRACTS, NOBODY } from "./addresses.ts";
import type { AvailabilityRecord } from "./calls.ts";

export const AVAILABILITY = keccak256(stringToHex("blindference.node.availability.v1"));
const DOMAIN = keccak256(stringToHex("blindference.node-attestation.v1"));
const LIFE_SECONDS = 30 * 24 * 60 * 60;
/** The contract's clock is a block's, and may be behind ours. */
const BEFORE_SECONDS = 60;

const FIELDS = parseAbiParameters(
  "bytes32 domain, uint256 chainId, address registry, address node, bytes32 attestationType, bytes32 documentHash, address counterparty, uint64 effectiveAt, uint64 expiresAt",
);

/** @param seconds unix time, now */
export function availabilityRecord(node: Address, documentHash: Hex, seconds: number): AvailabilityRecord {
  const effectiveAt = seconds - BEFORE_SECONDS;
  return {
    node,
    attestationType: AVAILABILITY,
    documentHash,
    counterparty: NOBODY,
    effectiveAt,
    expiresAt: seconds + LIFE_SECONDS,
  };
}

export function recordDigest(record: AvailabilityRecord, chainId: number, registry: Address): Hex {
  const { node, attestationType, documentHash, counterparty, effectiveAt, expiresAt } = record;
  return keccak256(
    encodeAbiParameters(FIELDS, [
      DOMAIN,
      BigInt(chainId),
      registry,
      node,
      attestationType,
      documentHash,
      counterparty,
      BigInt(effectiveAt),
      BigInt(expiresAt),
    ]),
  );
}

/** EIP-191 over the digest's 32 bytes. */
export function signRecord(account: EthereumAccount, record: AvailabilityRecord): Hex {
  const digest = recordDigest(record, CHAIN_ID, CONTRACTS.attestationRegistry);
  return `0x${account.signPersonal(Buffer.from(digest.slice(2), "hex"))}`;
}

const COMMITTED = parseAbiParameters("bytes32 documentHash, uint64 effectiveAt, uint64 expiresAt");

/** When the record ends that this transaction wrote, unix seconds; undefined: the contract did not say. */
export function writtenUntil({ logs }: Pick<Receipt, "logs">): number | undefined {
  const said = logs.find(({ address }) => address.toLowerCase() === CONTRACTS.attestationRegistry);
  return said && Number(decodeAbiParameters(COMMITTED, said.data)[2]);
}
