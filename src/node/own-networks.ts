// The networks of their own accord that are on, each with its ports.
import type { Chain } from "../chain/chain.ts";
import type { Config } from "../config/schema.ts";
import type { BudgetPort } from "../core/budget.ts";
import type { Clock } from "../core/clock.ts";
import type { Earnings } from "../core/earnings.ts";
import type { EthereumAccount } from "../core/ethereum.ts";
import type { GpuStats } from "../core/gpu.ts";
import type { NetworkState } from "../core/network-state.ts";
import type { ReplayGuard } from "../core/replay.ts";
import type { Budget } from "../inference/budget.ts";
import type { Inference } from "../inference/service.ts";
import { createText } from "../inference/text.ts";
import type { Fetch } from "../lib/fetch.ts";
import type { OwnConfig } from "../networks/config.ts";
import type { ChainUse, ModelProgram, NetworkPorts } from "../networks/ports.ts";
import type { Logger } from "../observe/logger.ts";
import { networkMetrics } from "../observe/metrics/network.ts";
import type { Registry } from "../observe/metrics/node.ts";
import { OwnNetwork } from "./own-network.ts";

/** One key, in both of its forms. */
export type NetworkKey = Pick<NetworkPorts, "identity" | "account">;

export interface OwnNetworksOptions {
  readonly networks: readonly OwnConfig[];
  /** By the network's id; each throws what kept its key from being opened. */
  readonly keys: ReadonlyMap<string, () => NetworkKey>;
  readonly config: Config;
  readonly home: string;
  readonly version: string;
  readonly inference: Inference;
  readonly budget: Budget | undefined;
  readonly schnorr: NetworkPorts["schnorr"];
  readonly replay: ReplayGuard;
  readonly stateOf: (network: string) => NetworkState;
  readonly modelProgram: ModelProgram;
  readonly chainOf: (network: string, account: EthereumAccount, use: ChainUse) => Chain;
  readonly earnings: Earnings;
  readonly fetch: Fetch;
  readonly gpus: () => readonly GpuStats[];
  readonly register: Registry;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Nobody else wants any. */
const ALL: BudgetPort = { admission: () => ({ places: Number.MAX_SAFE_INTEGER, reason: undefined }) };

export function openOwnNetworks(options: OwnNetworksOptions): readonly OwnNetwork[] {
  const { networks, keys, config, home, version, inference, budget, register, clock, log } = options;
  const { schnorr, replay, fetch, gpus } = options;
  const text = createText(inference);
  const metrics = networkMetrics(register, () =>
    Object.fromEntries(opened.map((network) => [network.id, network.health().ready])),
  );
  const opened = networks.map(({ network, written }) => {
    const { id } = network;
    const open = async () => {
      const key = keys.get(id)?.();
      if (!key) throw new Error(`there is no key for ${id}`);
      return network.open(written, {
        ...{ ...key, schnorr, text, replay, fetch, gpus, version, home, clock, log },
        modelProgram: options.modelProgram,
        models: () => inference.models(),
        modelServers: () =>
          inference.health().backends.map(({ kind, backend, names, available }) => ({
            kind,
            origin: backend,
            names,
            works: available,
          })),
        budget: budget?.of(id) ?? ALL,
        state: options.stateOf(id),
        chain: (use) => options.chainOf(id, key.account, use),
        earnings: options.earnings,
        random: Math.random,
        metrics: metrics(id),
      });
    };
    return new OwnNetwork({ id, open, limits: config.limits, deadlineMs: config.shutdown.deadline, clock, log });
  });
  return opened;
}
