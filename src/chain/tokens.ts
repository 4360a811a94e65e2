// What an account has on its chain: ETH, and ERC-20 tokens with 18 decimals.
import { encodeFunctionData, parseAbi } from "viem";
import { getBalance, readContract } from "viem/actions";
import type { Address, Hex } from "../core/address.ts";
import type { ChainView } from "./chain.ts";

export interface Token {
  /** "BLIND". */
  readonly asset: string;
  readonly address: Address;
}

export interface Balance {
  readonly asset: string;
  /** In the smallest unit. */
  readonly amount: bigint;
}

const abi = parseAbi([
  "function balanceOf(address account) view returns (uint256)",
  "function transfer(address to, uint256 amount) returns (bool)",
]);

/** All at one block, ETH first. */
export async function balancesAt(
  { client, block: blockNumber }: ChainView,
  account: Address,
  tokens: readonly Token[],
): Promise<readonly Balance[]> {
  const ether = { asset: "ETH", amount: await getBalance(client, { address: account, blockNumber }) };
  const others = tokens.map(async ({ asset, address }) => ({
    asset,
    amount: await readContract(client, { address, abi, functionName: "balanceOf", args: [account], blockNumber }),
  }));
  return [ether, ...(await Promise.all(others))];
}

/** A transfer as a call of the token's contract. */
export function transferCall(to: Address, amount: bigint): Hex {
  return encodeFunctionData({ abi, functionName: "transfer", args: [to, amount] });
}
