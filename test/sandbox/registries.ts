// The node's registries on a chain of the sandbox, with a clock that stands still and everything they report kept.
import { Registry as MetricsRegister } from "prom-client";
import { openRegistries, type Registries } from "../../registries/index.ts";
import { type Address, parseAddress } from "../../src/core/address.ts";
import { systemClock } from "../../src/core/clock.ts";
import { createFetch } from "../../src/lib/fetch.ts";
import { BOOK } from "../../src/networks/config.ts";
import { registryMetrics } from "../../src/observe/metrics/registry.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeLog } from "../fakes/log.ts";
import { FakeSnapshots } from "../fakes/snapshots.ts";

export interface World {
  readonly registries: Registries;
  readonly clock: FakeClock;
  readonly log: FakeLog;
  readonly snapshots: FakeSnapshots;
  /** What /metrics would show. */
  scrape(): Promise<string>;
  refreshAll(): Promise<void>;
}

export interface WorldOptions {
  readonly rpcUrls: string[];
  readonly router: Address;
  readonly chainId?: number;
  readonly self?: Address;
  readonly scheduler?: Address;
  readonly clock?: FakeClock;
  readonly snapshots?: FakeSnapshots;
}

/** The registries' own time is the fake clock; the sockets keep real time, so that a dead RPC is noticed. */
export function openWorld(options: WorldOptions): World {
  const { rpcUrls, router, chainId, self = someone(0xff), scheduler = someone(0xfe) } = options;
  const { clock = new FakeClock(), snapshots = new FakeSnapshots() } = options;
  const config = BOOK.schema.parse({
    rpcProvider: rpcUrls,
    schedulerAddress: scheduler,
    registry: { routerSmartContractAddress: router, ...(chainId === undefined ? {} : { chainId }) },
  });
  const log = new FakeLog();
  const register = new MetricsRegister();
  const metrics = registryMetrics(register);
  const fetch = createFetch(systemClock);
  const registries = openRegistries({ config, self, fetch, clock, log, snapshots, metrics });
  return {
    registries,
    clock,
    log,
    snapshots,
    scrape: () => register.metrics(),
    refreshAll: async () => {
      await Promise.all(registries.all.map((registry) => registry.refresh()));
    },
  };
}

/** An address that nobody has the key of. */
export function someone(byte: number): Address {
  const parsed = parseAddress(`0x${byte.toString(16).padStart(2, "0").repeat(20)}`);
  if (!parsed) throw new Error(`not a byte: ${byte}`);
  return parsed;
}
