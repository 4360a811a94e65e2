// What ENS says of OARN: the directory's address, RPC endpoints, nodes to begin with, and contracts by name.
import { namehash, zeroAddress } from "viem";
import { readContract } from "viem/actions";
import type { ChainReader, ChainView } from "../../../chain/chain.ts";
import { type Address, parseAddress } from "../../../core/address.ts";
import { ensAbi } from "../registry/abi.ts";

export interface EnsFindings {
  readonly directory: Address | undefined;
  readonly taskRegistry: Address | undefined;
  readonly tokenReward: Address | undefined;
  readonly govToken: Address | undefined;
  readonly governance: Address | undefined;
  /** As they are written there. */
  readonly rpcUrls: readonly string[];
  /** Multiaddrs with one /p2p/. */
  readonly bootstrap: readonly string[];
}

/** A text may be anybody's, and as long. */
const LONGEST_TEXT = 16 * 1024;
const MOST_ENTRIES = 64;

/** @param name "oarn-registry.eth" @param registry ENS's own */
export function readEns(chain: ChainReader, registry: Address, name: string): Promise<EnsFindings> {
  return chain.read(async (view) => {
    const names = new Names(view, registry);
    const parent = name.replace("-registry", "");
    const contract = (label: string) => (parent.startsWith("oarn.") ? names.addr(`${label}.${parent}`) : undefined);
    const [directory, rpc, nodes, taskRegistry, tokenReward, govToken, governance] = await Promise.all([
      names.addr(name),
      names.text(name.replace("registry", "rpc"), "rpc"),
      names.text(name.replace("registry", "bootstrap"), "nodes"),
      contract("task-registry"),
      contract("token-reward"),
      contract("gov-token"),
      contract("governance"),
    ]);
    return {
      directory,
      taskRegistry,
      tokenReward,
      govToken,
      governance,
      rpcUrls: entries(rpc, ",").filter((url) => url.startsWith("http")),
      bootstrap: entries(nodes, ";").flatMap((entry) => multiaddrOf(entry) ?? []),
    };
  });
}

class Names {
  readonly #view: ChainView;
  readonly #registry: Address;

  constructor(view: ChainView, registry: Address) {
    this.#view = view;
    this.#registry = registry;
  }

  async addr(name: string): Promise<Address | undefined> {
    return this.#ask(name, async (resolver) => {
      const found = await readContract(this.#view.client, {
        ...resolver,
        functionName: "addr",
        args: [namehash(name)],
      });
      return found === zeroAddress ? undefined : parseAddress(found);
    });
  }

  async text(name: string, key: string): Promise<string | undefined> {
    return this.#ask(name, (resolver) =>
      readContract(this.#view.client, { ...resolver, functionName: "text", args: [namehash(name), key] }),
    );
  }

  /** A name that has no resolver, or one that does not answer that, says nothing. */
  async #ask<T>(name: string, ask: (resolver: At) => Promise<T | undefined>): Promise<T | undefined> {
    const registry = at(this.#registry, this.#view.block);
    const resolver = await readContract(this.#view.client, {
      ...registry,
      functionName: "resolver",
      args: [namehash(name)],
    });
    const address = resolver === zeroAddress ? undefined : parseAddress(resolver);
    if (!address) return undefined;
    try {
      return await ask(at(address, this.#view.block));
    } catch {
      return undefined;
    }
  }
}

type At = { readonly address: Address; readonly abi: typeof ensAbi; readonly blockNumber: bigint };

function at(address: Address, blockNumber: bigint): At {
  return { address, abi: ensAbi, blockNumber };
}

function entries(text: string | undefined, mark: string): readonly string[] {
  const parts = (text ?? "").slice(0, LONGEST_TEXT).split(mark);
  return parts
    .map((part) => part.trim())
    .filter(Boolean)
    .slice(0, MOST_ENTRIES);
}

/** `<peerId>@<multiaddr>`, or a whole multiaddr. */
export function multiaddrOf(entry: string): string | undefined {
  const [, peer, address] = /^([A-Za-z0-9]+)@(\/.+)$/.exec(entry) ?? [];
  const whole = address === undefined ? entry : withPeer(address, peer ?? "");
  return whole.startsWith("/") && whole.split("/p2p/").length === 2 ? whole : undefined;
}

export function withPeer(multiaddr: string, peerId: string): string {
  return multiaddr.includes("/p2p/") ? multiaddr : `${multiaddr}/p2p/${peerId}`;
}
