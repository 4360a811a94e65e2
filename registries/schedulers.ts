// The one scheduler of the network: an externally owned account named in config.yaml. There is no contract for it, on purpose.
import type { Address } from "../src/core/address.ts";
import type { RegistryState } from "../src/core/registry.ts";
import type { OpenRegistry, RegistryPorts } from "./ports.ts";

export interface Scheduler {
  readonly source: "config";
}

export class Schedulers implements OpenRegistry<Scheduler> {
  readonly name = "schedulers";
  readonly #address: Address;

  constructor({ config, metrics }: RegistryPorts) {
    this.#address = config.schedulerAddress;
    metrics.watch(this.name, () => this.state());
  }

  get(address: Address): Scheduler | undefined {
    return address === this.#address ? { source: "config" } : undefined;
  }

  /** Never stale: config.yaml says all there is. */
  state(): RegistryState {
    return { size: 1, ageMs: 0, block: undefined, stale: false, lastError: undefined };
  }

  async run(): Promise<void> {}

  async refresh(): Promise<void> {}
}
