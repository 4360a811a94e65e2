// What the doctor looks at from outside of the node: its home, its configuration, the world; each is asked once, whoever asks.
import { statfs } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { lookAtRegistries, type RegistryLook } from "../../../registries/look.ts";
import type { Environment } from "../../config/environment.ts";
import type { LoadedConfig } from "../../config/load.ts";
import type { Clock } from "../../core/clock.ts";
import { SILENT } from "../../core/log.ts";
import type { NodeStatus } from "../../core/status.ts";
import { NODE_KEY, readKey } from "../../keys/key-store.ts";
import { addressesOf, dial } from "../../lib/dial.ts";
import { createFetch, type Fetch } from "../../lib/fetch.ts";
import { type TlsPeer, tlsPeer } from "../../lib/tls-peer.ts";
import { functionIsOn, loadConfig } from "../../networks/config.ts";
import { askDifferences, type Difference } from "../reload/ask.ts";
import { keyOwner } from "./key.ts";

export interface Surroundings {
  readonly home: string;
  /** Of this program. */
  readonly version: string;
  readonly env: Environment;
  /** @throws ConfigError */
  config(): Promise<LoadedConfig>;
  /** undefined: no node runs on this home. */
  status(): Promise<NodeStatus | undefined>;
  /** What the files say that the running node does not run by; undefined: there is none that could say so. */
  differences(): Promise<readonly Difference[] | undefined>;
  /** undefined: the network that has them is off. @throws what keeps them from being asked */
  registries(): Promise<RegistryLook | undefined>;
  /** Where the registration says that this node is reached; undefined: nowhere yet. */
  publicUrl(): Promise<URL | undefined>;
  readonly fetch: Fetch;
  /** All addresses of a name or address. */
  resolve(host: string): Promise<readonly string[]>;
  /** Resolves when the port takes a connection. */
  dial(host: string, port: number, signal: AbortSignal): Promise<void>;
  tlsPeer(host: string, port: number, signal: AbortSignal): Promise<TlsPeer>;
  /** Of the disk that has the home, bytes. */
  freeBytes(): Promise<number>;
  /** IP addresses of this machine. */
  ownAddresses(): readonly string[];
  readonly clock: Clock;
}

export interface SurroundingsPorts {
  readonly home: string;
  readonly version: string;
  readonly env: Environment;
  readonly status: () => Promise<NodeStatus | undefined>;
  readonly clock: Clock;
}

export function openSurroundings({ home, version, env, status, clock }: SurroundingsPorts): Surroundings {
  const fetch = createFetch(clock);
  const config = once(() => loadConfig({ home, env }));
  const registries = once(async () => {
    const { config: loaded } = await config();
    if (!functionIsOn(loaded)) return undefined;
    const self = () => {
      const { address } = readKey(home, NODE_KEY, keyOwner(home));
      if (address) return address;
      throw new Error("the key file does not say its address");
    };
    return lookAtRegistries({ config: loaded, self, fetch, clock, log: SILENT });
  });
  return {
    ...{ home, version, env, config, registries, fetch, clock },
    status: once(status),
    differences: once(() => askDifferences(home)),
    publicUrl: once(async () => {
      const entries = (await (await registries())?.own()) ?? [];
      const found = entries.find(({ url }) => url !== undefined)?.url;
      return found === undefined ? undefined : new URL(found);
    }),
    resolve: addressesOf,
    dial,
    tlsPeer,
    async freeBytes() {
      const { bavail, bsize } = await statfs(home);
      return bavail * bsize;
    },
    ownAddresses: () => Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
  };
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}
