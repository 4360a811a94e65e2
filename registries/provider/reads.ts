// What the chain says of an owner's registrations, all at one block.
import { getBalance, readContract } from "viem/actions";
import type { ChainView } from "../../src/chain/chain.ts";
import { RpcError, within } from "../../src/chain/rpc-errors.ts";
import { type Address, type Hex, parseAddress } from "../../src/core/address.ts";
import { ETHER } from "../../src/core/amount.ts";
import { funcTokenAbi } from "../abi/func-token.ts";
import { providerRegistryAbi } from "../abi/provider-registry.ts";
import { ContractError, fromContract } from "../contract.ts";
import { registryAddress } from "../router.ts";

/** More are not looked at: nobody runs so many from one key. */
const MAX_IDS = 64;

export interface Registered {
  readonly id: Hex;
  readonly owner: Address;
  readonly modelId: bigint;
  /** Unix seconds. */
  readonly registeredAt: bigint;
  readonly metadata: string;
  readonly paused: boolean;
  /** As the contract reckons it now. */
  readonly active: boolean;
}

export interface Standing {
  readonly chainId: number;
  readonly block: bigint;
  readonly router: Address;
  readonly registry: Address;
  /** The token that is staked; undefined: the network has none. */
  readonly func: Address | undefined;
  readonly account: Address;
  readonly providers: readonly Registered[];
  /** Of the account, in the smallest units. */
  readonly ether: bigint;
  readonly funcBalance: bigint;
}

/** @throws ContractError, RpcError */
export async function standingOf(view: ChainView, router: Address, account: Address): Promise<Standing> {
  const { client, chainId, block } = view;
  const registry = await registryAddress(view, router, "providerRegistry");
  const contract = { address: registry, abi: providerRegistryAbi, blockNumber: block } as const;
  const listing = readContract(client, { ...contract, functionName: "getProviderIdsByOwner", args: [account] });
  const ids = await fromContract("ProviderRegistry", registry, view, listing);
  const token = parseAddress(await readContract(client, { ...contract, functionName: "FUNC" }));
  const func = token && BigInt(token) !== 0n ? token : undefined;
  const [found, ether, funcBalance] = await Promise.all([
    Promise.all(ids.slice(0, MAX_IDS).map((id) => registeredAs(view, registry, id))),
    getBalance(client, { address: account, blockNumber: block }),
    func ? balanceOf(view, func, account) : 0n,
  ]);
  const providers = found.flatMap((one) => (one ? [one] : []));
  return { chainId, block, router, registry, func, account, providers, ether, funcBalance };
}

/** undefined: nobody has registered that id. */
export async function registeredAs(view: ChainView, registry: Address, id: Hex): Promise<Registered | undefined> {
  const contract = { address: registry, abi: providerRegistryAbi, blockNumber: view.block } as const;
  try {
    const record = await readContract(view.client, { ...contract, functionName: "getProvider", args: [id] });
    const owner = parseAddress(record.owner);
    if (!owner || BigInt(owner) === 0n) return undefined;
    const { modelId, registeredAt, metadata, paused } = record;
    const active = await readContract(view.client, { ...contract, functionName: "active", args: [id] });
    return { id, owner, modelId, registeredAt, metadata, paused, active };
  } catch (error) {
    if (within(error, RpcError)?.code !== "rpc_reverted") throw error;
    return undefined;
  }
}

export async function allowanceOf(view: ChainView, func: Address, owner: Address, spender: Address): Promise<bigint> {
  const token = { address: func, abi: funcTokenAbi, blockNumber: view.block } as const;
  return readContract(view.client, { ...token, functionName: "allowance", args: [owner, spender] });
}

/** Amounts are shown and kept with 18 decimals, here as everywhere. */
async function balanceOf(view: ChainView, func: Address, account: Address): Promise<bigint> {
  const token = { address: func, abi: funcTokenAbi, blockNumber: view.block } as const;
  const reading = readContract(view.client, { ...token, functionName: "balanceOf", args: [account] });
  const balance = await fromContract("FUNC", func, view, reading);
  const decimals = await readContract(view.client, { ...token, functionName: "decimals" });
  if (decimals === ETHER) return balance;
  throw new ContractError(
    "contract_missing",
    503,
    `the token at ${func} has ${decimals} decimals, and FUNC has ${ETHER}`,
    {
      hint: "Check registry.routerSmartContractAddress.",
    },
  );
}
