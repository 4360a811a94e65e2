// What the chain says now, for checks: each RPC by itself, the contracts, the callers listed, and this node's own entries.
import { readContract } from "viem/actions";
import { z } from "zod";
import type { ChainView } from "../src/chain/chain.ts";
import { Rpc } from "../src/chain/rpc.ts";
import type { RpcPorts } from "../src/chain/rpc-endpoint.ts";
import type { Config } from "../src/config/schema.ts";
import type { Address, Hex } from "../src/core/address.ts";
import { messageOf } from "../src/core/errors.ts";
import { providerRegistryAbi } from "./abi/provider-registry.ts";
import { expectedChainId } from "./expected-chain.ts";
import { callersAt } from "./gateways.ts";
import { registryAddress } from "./router.ts";

export interface RpcFound {
  readonly host: string;
  /** undefined: it answers, on the chain that is expected. */
  readonly error: string | undefined;
}

export interface OwnEntry {
  /** Hex. */
  readonly id: Hex;
  readonly paused: boolean;
  /** The network gives it work: it is not paused, and enough is staked. */
  readonly active: boolean;
  /** Where its metadata says that the node is reached; undefined when it does not. */
  readonly url: string | undefined;
}

/** Each is read once, whoever asks. */
export interface RegistryLook {
  rpcs(): Promise<readonly RpcFound[]>;
  /** How many gateways may call. @throws RpcError, ContractError */
  gateways(): Promise<number>;
  /** Under which this node is registered. @throws RpcError, ContractError */
  own(): Promise<readonly OwnEntry[]>;
}

export interface LookPorts extends Omit<RpcPorts, "metrics"> {
  readonly config: Pick<Config, "registry" | "rpcProvider">;
  /** This node's own address; asked for where it matters alone. */
  readonly self: () => Address;
}

const HINT = "Check rpcProvider and registry in config.yaml.";
const UNCOUNTED = { rpc() {} };
const metadata = z.object({ url: z.url({ protocol: /^https?$/ }) });

export function lookAtRegistries({ config, self, ...rest }: LookPorts): RegistryLook {
  const ports = { ...rest, metrics: UNCOUNTED };
  const { rpcProvider, registry } = config;
  const chainId = expectedChainId(registry);
  const router = registry.routerSmartContractAddress;
  const rpc = new Rpc({ urls: rpcProvider, chainId, hint: HINT }, ports);
  return {
    rpcs: once(() =>
      Promise.all(rpcProvider.map((url) => answerOf(new Rpc({ urls: [url], chainId, hint: HINT }, ports), url))),
    ),
    gateways: once(() => rpc.read(async (view) => (await callersAt(view, router)).entries.size)),
    own: once(async () => {
      const address = self();
      return rpc.read((view) => entriesOf(view, router, address));
    }),
  };
}

async function answerOf(rpc: Rpc, url: string): Promise<RpcFound> {
  const { host } = new URL(url);
  const error = await rpc.read(async () => undefined).catch(messageOf);
  return { host, error };
}

async function entriesOf(view: ChainView, router: Address, self: Address): Promise<readonly OwnEntry[]> {
  const address = await registryAddress(view, router, "providerRegistry");
  const contract = { address, abi: providerRegistryAbi, blockNumber: view.block } as const;
  const ids = await readContract(view.client, { ...contract, functionName: "getProviderIdsByOwner", args: [self] });
  return Promise.all(
    ids.map(async (id) => {
      const [entry, active] = await Promise.all([
        readContract(view.client, { ...contract, functionName: "getProvider", args: [id] }),
        readContract(view.client, { ...contract, functionName: "active", args: [id] }),
      ]);
      return { id, paused: entry.paused, active, url: urlIn(entry.metadata) };
    }),
  );
}

function urlIn(text: string): string | undefined {
  try {
    return metadata.parse(JSON.parse(text)).url.replace(/\/+$/, "");
  } catch {
    return undefined;
  }
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= read();
    return answer;
  };
}
