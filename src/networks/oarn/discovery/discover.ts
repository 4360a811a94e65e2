// From what is configured to a chain and its task registries: configuration first, then ENS, then the directory on chain.
import { getCode } from "viem/actions";
import type { Chain, ChainReader, ChainView } from "../../../chain/chain.ts";
import type { Address } from "../../../core/address.ts";
import { FxnError, messageOf } from "../../../core/errors.ts";
import { clean } from "../../../lib/clean.ts";
import { chainUse } from "../../chain-settings.ts";
import type { ChainUse } from "../../ports.ts";
import { OarnError } from "../errors.ts";
import { TaskRegistry } from "../registry/registry.ts";
import { v1 } from "../registry/v1.ts";
import { v2 } from "../registry/v2.ts";
import type { OarnSettings } from "../settings.ts";
import { readDirectory } from "./directory.ts";
import { readEns } from "./ens.ts";
import { usableRpc } from "./providers.ts";

const MOST_OFFERED = 8;

export interface Discovered<C extends ChainReader = Chain> {
  readonly chain: C;
  /** What the chain is reached by, those that stand in the configuration first. */
  readonly rpcUrls: readonly string[];
  readonly registries: readonly TaskRegistry[];
  readonly tokenReward: Address | undefined;
  readonly govToken: Address | undefined;
  readonly governance: Address | undefined;
  /** Multiaddrs of nodes to begin with. */
  readonly bootstrap: readonly string[];
  /** What did not answer, or is not what it should be. */
  readonly problems: readonly string[];
}

export interface DiscoveryPorts<C extends ChainReader = Chain> {
  chain(use: ChainUse): C;
  /** Its place among the endpoints of strangers: another one in each node, the same at each look. */
  rank(url: string): number;
}

/** @throws OarnError "oarn_not_found" when there is no RPC or no registry */
export async function discover<C extends ChainReader>(
  { blockchain, discovery }: Pick<OarnSettings, "blockchain" | "discovery">,
  ports: DiscoveryPorts<C>,
): Promise<Discovered<C>> {
  const problems: string[] = [];
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      problems.push(`${what}: ${clean(messageOf(error))}`);
      return undefined;
    }
  };
  const { chainId, contracts } = blockchain;
  const ens = await attempt("ENS", async () => askEns(discovery, ports));
  const offered = (urls: readonly string[]) =>
    discovery.useProviders
      ? ordered(
          urls.filter((url) => usableRpc(url, chainId)),
          ports.rank,
        )
      : [];
  const known = [...new Set([...blockchain.rpcUrls, ...offered(ens?.rpcUrls ?? [])])];
  if (known.length === 0) {
    throw new OarnError(
      "oarn_not_found",
      503,
      `no RPC of chain ${chainId} is known${problems.map((p) => `; ${p}`).join("")}`,
      {
        hint: "Set networks.oarn.blockchain.rpcUrls, or networks.oarn.discovery.ens.",
      },
    );
  }
  const first = ports.chain({ ...chainUse(blockchain), rpcUrls: known });
  const address = contracts.oarnRegistry ?? ens?.directory;
  const directory =
    address === undefined || discovery.method === "manual"
      ? undefined
      : await attempt(`the directory at ${address}`, () =>
          first.read(async (view) => {
            await hasCode(view, address);
            return readDirectory(view, address);
          }),
        );
  const more = offered(directory?.rpcUrls ?? []).filter((url) => !known.includes(url));
  const chain = more.length > 0 ? ports.chain({ ...chainUse(blockchain), rpcUrls: [...known, ...more] }) : first;
  const candidates = [
    ...addresses(contracts.taskRegistryV2, directory?.taskRegistryV2).map((at) => new TaskRegistry(chainId, at, v2)),
    ...addresses(contracts.taskRegistry, ens?.taskRegistry, directory?.taskRegistry).map(
      (at) => new TaskRegistry(chainId, at, v1),
    ),
  ];
  const registries: TaskRegistry[] = [];
  for (const registry of candidates) {
    const answers = await attempt(`the task registry ${registry.name}`, () =>
      chain.read(async (view) => {
        await hasCode(view, registry.address);
        await registry.count(view);
        return true;
      }),
    );
    if (answers) registries.push(registry);
  }
  if (registries.length === 0) {
    const why = problems.length > 0 ? problems.join("; ") : "none is configured, and none was found";
    throw new OarnError("oarn_not_found", 503, `there is no task registry: ${why}`, {
      hint: "Set networks.oarn.blockchain.contracts.taskRegistryV2, or oarnRegistry.",
    });
  }
  return {
    chain,
    rpcUrls: [...known, ...more],
    registries,
    tokenReward: contracts.tokenReward ?? directory?.tokenReward ?? ens?.tokenReward,
    govToken: contracts.govToken ?? directory?.govToken ?? ens?.govToken,
    governance: contracts.governance ?? directory?.governance ?? ens?.governance,
    bootstrap: [...new Set([...(ens?.bootstrap ?? []), ...(directory?.bootstrap ?? [])])],
    problems,
  };
}

async function askEns({ method, ens, directoryName }: OarnSettings["discovery"], ports: DiscoveryPorts<ChainReader>) {
  if (method === "manual") return undefined;
  if (ens.registry === undefined || ens.rpcUrls.length === 0) {
    if (method === "auto") return undefined;
    throw new OarnError("oarn_not_found", 503, "it is not configured", {
      hint: "Set networks.oarn.discovery.ens.rpcUrls and networks.oarn.discovery.ens.registry.",
    });
  }
  // Nothing is ever sent there.
  const chain = ports.chain({ chainId: ens.chainId, rpcUrls: ens.rpcUrls, gasPerDay: 0n });
  return readEns(chain, ens.registry, directoryName);
}

async function hasCode(view: ChainView, address: Address): Promise<void> {
  const code = await getCode(view.client, { address, blockNumber: view.block });
  if (code === undefined || code === "0x")
    throw new FxnError("oarn_registry", 503, `there is no contract at ${address} on chain ${view.chainId}`);
}

function addresses(configured: readonly Address[], ...found: readonly (Address | undefined)[]): readonly Address[] {
  return [...new Set([...configured, ...found.filter((address) => address !== undefined)])];
}

/**
 * The lists have an order that all nodes see: each takes its own few. All that a node has are sampled each minute, and get
 * each transaction; a list of thousands would make that a flood, and thousands of nodes one of whoever is named in it.
 */
function ordered(urls: readonly string[], rank: (url: string) => number): readonly string[] {
  return [...new Set(urls)].toSorted((a, b) => rank(a) - rank(b)).slice(0, MOST_OFFERED);
}
