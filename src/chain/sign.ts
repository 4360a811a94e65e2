// Signed bytes of an EIP-1559 transaction. The chain id is signed, so that no other chain takes them.
import { keccak256, serializeTransaction, toHex } from "viem";
import type { EthereumAccount } from "../core/ethereum.ts";
import type { Attempt, WantedTransaction } from "../core/transactions.ts";
import type { Fees } from "./fees.ts";

export type Signable = Pick<WantedTransaction, "to" | "data" | "value" | "gas">;

export function signTransaction(
  { to, data, value, gas }: Signable,
  { chainId, nonce, fees, account }: { chainId: number; nonce: number; fees: Fees; account: EthereumAccount },
): Attempt {
  const { maxFee, priorityFee } = fees;
  const unsigned = {
    ...({ type: "eip1559", chainId, nonce, to, data, value, gas } as const),
    maxFeePerGas: maxFee,
    maxPriorityFeePerGas: priorityFee,
  };
  const signature = account.signDigest(keccak256(serializeTransaction(unsigned), "bytes"));
  const raw = serializeTransaction(unsigned, {
    r: toHex(signature.subarray(0, 32)),
    s: toHex(signature.subarray(32, 64)),
    yParity: signature[64] ?? 0,
  });
  return { hash: keccak256(raw), raw, maxFee, priorityFee };
}
