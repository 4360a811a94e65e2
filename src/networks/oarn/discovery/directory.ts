// OARNRegistry, the directory on chain: where the contracts are, and who offers RPC endpoints and nodes to begin with.
import { zeroAddress } from "viem";
import { readContract } from "viem/actions";
import type { ChainView } from "../../../chain/chain.ts";
import { type Address, parseAddress } from "../../../core/address.ts";
import { directoryAbi } from "../registry/abi.ts";
import { multiaddrOf, withPeer } from "./ens.ts";

export interface DirectoryFindings {
  readonly taskRegistry: Address | undefined;
  readonly taskRegistryV2: Address | undefined;
  readonly tokenReward: Address | undefined;
  readonly govToken: Address | undefined;
  readonly governance: Address | undefined;
  readonly rpcUrls: readonly string[];
  readonly bootstrap: readonly string[];
}

/** A list that counts wrongly is walked, and not without end. */
const MOST_ENTRIES = 256n;

export async function readDirectory(view: ChainView, address: Address): Promise<DirectoryFindings> {
  const at = { address, abi: directoryAbi, blockNumber: view.block } as const;
  const { client } = view;
  const [contracts, providers, nodes] = await Promise.all([
    core(view, at),
    readContract(client, { ...at, functionName: "getActiveRPCProviders" }).catch(() => walkProviders(view, at)),
    readContract(client, { ...at, functionName: "getActiveBootstrapNodes" }).catch(() => walkNodes(view, at)),
  ]);
  return {
    ...contracts,
    rpcUrls: providers.filter(({ endpoint, isActive }) => isActive && endpoint !== "").map(({ endpoint }) => endpoint),
    bootstrap: nodes.flatMap(({ peerId, multiaddr, isActive }) =>
      isActive && peerId !== "" && multiaddr !== "" ? (multiaddrOf(withPeer(multiaddr, peerId)) ?? []) : [],
    ),
  };
}

type At = { readonly address: Address; readonly abi: typeof directoryAbi; readonly blockNumber: bigint };

/** The first version knows no second task registry, and reverts when it is asked for it. */
async function core({ client }: ChainView, at: At) {
  try {
    const [taskRegistry, taskRegistryV2, tokenReward, , governance, govToken] = await readContract(client, {
      ...at,
      functionName: "getCoreContractsV2",
    });
    return named({ taskRegistry, taskRegistryV2, tokenReward, governance, govToken });
  } catch {
    const [taskRegistry, tokenReward, , governance, govToken] = await readContract(client, {
      ...at,
      functionName: "getCoreContracts",
    });
    return named({ taskRegistry, taskRegistryV2: zeroAddress, tokenReward, governance, govToken });
  }
}

function named<Names extends string>(found: Record<Names, string>): Record<Names, Address | undefined>;
function named(found: Record<string, string>): Record<string, Address | undefined> {
  return Object.fromEntries(
    Object.entries(found).map(([name, text]) => [name, text === zeroAddress ? undefined : parseAddress(text)]),
  );
}

async function walkProviders({ client }: ChainView, at: At) {
  const count = await readContract(client, { ...at, functionName: "rpcProviderCount" });
  return walk(count, async (id) => {
    const [endpoint, , , , , , , , isActive] = await readContract(client, {
      ...at,
      functionName: "rpcProviders",
      args: [id],
    });
    return { endpoint, isActive };
  });
}

async function walkNodes({ client }: ChainView, at: At) {
  const count = await readContract(client, { ...at, functionName: "bootstrapNodeCount" });
  return walk(count, async (id) => {
    const [peerId, multiaddr, , , , , , , isActive] = await readContract(client, {
      ...at,
      functionName: "bootstrapNodes",
      args: [id],
    });
    return { peerId, multiaddr, isActive };
  });
}

async function walk<T>(count: bigint, entry: (id: bigint) => Promise<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for (let id = 1n; id <= count && id <= MOST_ENTRIES; id++) found.push(await entry(id));
  return found;
}
