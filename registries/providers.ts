// The active providers of the network, by owner, and where this node itself stands among them.
import { readContract } from "viem/actions";
import { z } from "zod";
import type { ChainView } from "../src/chain/chain.ts";
import { RpcError, within } from "../src/chain/rpc-errors.ts";
import { type Address, parseAddress } from "../src/core/address.ts";
import type { Log } from "../src/core/log.ts";
import type { ProviderStanding, RegistryState } from "../src/core/registry.ts";
import { providerRegistryAbi } from "./abi/provider-registry.ts";
import { CachedRegistry, type Reading } from "./cached-registry.ts";
import { fromContract } from "./contract.ts";
import { type OpenRegistry, type RegistryPorts, snapshotKey } from "./ports.ts";
import { registryAddress } from "./router.ts";

/** `id` is hex; `modelId` is decimal, since it may be larger than a number holds. */
const provider = z.object({ id: z.string(), modelId: z.string() });
export type Provider = Readonly<z.infer<typeof provider>>;

export class Providers implements OpenRegistry<readonly Provider[]> {
  readonly name = "providers";
  readonly #cache: CachedRegistry<readonly Provider[]>;
  readonly #self: Address;
  readonly #log: Log;
  #standing: ProviderStanding | undefined;

  /** @param former whose knowledge it begins with */
  constructor({ config, rpc, self, ...ports }: RegistryPorts, former?: Providers) {
    const { registry } = config;
    const known = former ? former.#cache : undefined;
    this.#self = self;
    this.#log = ports.log;
    if (former) this.#standing = former.#standing;
    this.#cache = new CachedRegistry<readonly Provider[]>({
      ...ports,
      former: known,
      name: this.name,
      snapshotKey: snapshotKey(this.name, registry),
      pollInterval: registry.provider.pollInterval,
      maxStale: registry.maxStale,
      value: z.array(provider),
      read: () => rpc.read((view) => this.#read(view, registry.routerSmartContractAddress)),
    });
    ports.metrics.watchStanding(() => this.standing());
  }

  get(owner: Address): readonly Provider[] | undefined {
    return this.#cache.get(owner);
  }

  state(): RegistryState {
    return this.#cache.state();
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#cache.run(signal);
  }

  refresh(): Promise<void> {
    return this.#cache.refresh();
  }

  /** undefined: not known, since the registry was not read, or not for too long, or does not say. */
  standing(): ProviderStanding | undefined {
    return this.state().stale ? undefined : this.#standing;
  }

  async #read(view: ChainView, router: Address): Promise<Reading<readonly Provider[]>> {
    const address = await registryAddress(view, router, "providerRegistry");
    const contract = { address, abi: providerRegistryAbi, blockNumber: view.block } as const;
    const listing = readContract(view.client, { ...contract, functionName: "getActiveProvidersLive" });
    const listed = await fromContract("ProviderRegistry", address, view, listing);

    const entries = new Map<Address, Provider[]>();
    let ignored = 0;
    for (const { owner, id, modelId, paused } of listed) {
      const key = paused ? undefined : parseAddress(owner);
      const entry = { id, modelId: modelId.toString() };
      if (!key) ignored += 1;
      else if (!entries.get(key)?.push(entry)) entries.set(key, [entry]);
    }
    const standing = entries.has(this.#self) ? ACTIVE : await standingOfInactive(view, address, this.#self);
    this.#stand(standing);
    return { block: view.block, entries, ignored };
  }

  #stand(now: ProviderStanding | undefined): void {
    const before = this.#standing;
    this.#standing = now;
    const same =
      now?.registered === before?.registered && now?.active === before?.active && now?.paused === before?.paused;
    if (same) return;
    const fields = { ...now, address: this.#self };
    if (!now) this.#log.warn(fields, "the provider registry no longer says whether this node is registered");
    else if (now.active) this.#log.info(fields, "this node is an active provider");
    else if (now.paused) this.#log.warn(fields, "this node is registered as a provider, but paused");
    else if (now.registered) this.#log.warn(fields, "this node is registered as a provider, but not active");
    else this.#log.warn(fields, "this node is not registered as a provider");
  }
}

const ACTIVE: ProviderStanding = { registered: true, active: true, paused: false };

/** An address that is not listed as active: unregistered, paused or waiting. undefined when the contract cannot tell. */
async function standingOfInactive(
  view: ChainView,
  address: Address,
  self: Address,
): Promise<ProviderStanding | undefined> {
  const contract = { address, abi: providerRegistryAbi, blockNumber: view.block } as const;
  try {
    const ids = await readContract(view.client, { ...contract, functionName: "getProviderIdsByOwner", args: [self] });
    const own = await Promise.all(
      ids.map((id) => readContract(view.client, { ...contract, functionName: "getProvider", args: [id] })),
    );
    return { registered: own.length > 0, active: false, paused: own.some(({ paused }) => paused) };
  } catch (error) {
    const failed = within(error, RpcError);
    if (failed && failed.code !== "rpc_reverted") throw error;
    return undefined;
  }
}
