// The gateways that may call /v1, read from the GatewayRegistry.
import { readContract } from "viem/actions";
import { z } from "zod";
import type { ChainView } from "../src/chain/chain.ts";
import { address } from "../src/config/fields.ts";
import { type Address, type Hex, parseAddress } from "../src/core/address.ts";
import { gatewayRegistryAbi } from "./abi/gateway-registry.ts";
import { CachedRegistry, type Reading } from "./cached-registry.ts";
import { fromContract } from "./contract.ts";
import { type RegistryPorts, snapshotKey } from "./ports.ts";
import { registryAddress } from "./router.ts";

const gateway = z.object({ owner: address });
export type Gateway = z.infer<typeof gateway>;

export function openGateways(
  { config, rpc, ...ports }: RegistryPorts,
  former?: CachedRegistry<Gateway>,
): CachedRegistry<Gateway> {
  const { registry } = config;
  return new CachedRegistry({
    ...ports,
    former,
    name: "gateways",
    snapshotKey: snapshotKey("gateways", registry),
    pollInterval: registry.gateway.pollInterval,
    maxStale: registry.maxStale,
    value: gateway,
    read: () => rpc.read((view) => readGateways(view, registry.routerSmartContractAddress)),
  });
}

async function readGateways(view: ChainView, router: Address): Promise<Reading<Gateway>> {
  return { block: view.block, ...(await callersAt(view, router)) };
}

/** Who may call, as that view of the chain has it. */
export async function callersAt(view: ChainView, router: Address): Promise<ReturnType<typeof callers>> {
  const contract = await registryAddress(view, router, "gatewayRegistry");
  const listed = await fromContract(
    "GatewayRegistry",
    contract,
    view,
    readContract(view.client, {
      address: contract,
      abi: gatewayRegistryAbi,
      functionName: "getActiveGatewaysLive",
      blockNumber: view.block,
    }),
  );
  return callers(listed);
}

interface ListedGateway {
  readonly owner: Hex;
  readonly id: Hex;
  readonly paused: boolean;
}

/** Keyed by who signs: the id. The owner only manages the entry, so it lets nobody in. */
export function callers(listed: readonly ListedGateway[]): { entries: Map<Address, Gateway>; ignored: number } {
  const entries = new Map<Address, Gateway>();
  let ignored = 0;
  for (const listing of listed) {
    const caller = listing.paused ? undefined : callerOf(listing.id);
    const owner = parseAddress(listing.owner);
    if (caller && owner) entries.set(caller, { owner });
    else ignored += 1;
  }
  return { entries, ignored };
}

/** An id is the address as text, in any case, or its 20 raw bytes. */
function callerOf(id: Hex): Address | undefined {
  const bytes = Buffer.from(id.slice(2), "hex");
  return parseAddress(bytes.length === 20 ? id : bytes.toString("utf8"));
}
