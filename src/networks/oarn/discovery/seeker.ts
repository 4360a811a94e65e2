// Looks for the chain and its registries until they are found, and says what keeps the node from them.
import type { ChainReader } from "../../../chain/chain.ts";
import { sleep } from "../../../core/clock.ts";
import { messageOf } from "../../../core/errors.ts";
import { clean } from "../../../lib/clean.ts";
import { chainUse } from "../../chain-settings.ts";
import type { ChainPorts } from "../../ports.ts";
import { type OarnSettings, RPC_SETTING } from "../settings.ts";
import { type Discovered, discover } from "./discover.ts";

const LONGEST_MS = 10 * 60 * 1000;

export class Seeker {
  readonly #settings: OarnSettings;
  readonly #ports: Pick<ChainPorts, "chain" | "readers" | "clock" | "log" | "random">;
  /** Of RPCs that others list: one order for as long as the node runs. */
  readonly #ranks = new Map<string, number>();
  problem: string | undefined = "the chain and its registries have not been found yet";

  constructor(settings: OarnSettings, ports: Pick<ChainPorts, "chain" | "readers" | "clock" | "log" | "random">) {
    this.#settings = settings;
    this.#ports = ports;
  }

  /** Once. @param work with chains that are closed when it has ended: strangers' lists change, and each makes another one */
  async look<T>(work: (there: Discovered<ChainReader>) => T | Promise<T>): Promise<T> {
    const readers = this.#ports.readers();
    try {
      return await work(await discover(this.#settings, { chain: readers.of, rank: (url) => this.#rank(url) }));
    } finally {
      readers.close();
    }
  }

  /** @returns undefined when the signal aborted before */
  async untilFound(signal: AbortSignal): Promise<Discovered | undefined> {
    const { clock, log } = this.#ports;
    const { pollInterval } = this.#settings.blockchain;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const found = await this.look((there) => there);
        const use = { ...chainUse(this.#settings.blockchain), rpcUrls: found.rpcUrls, rpcSetting: RPC_SETTING };
        const world = { ...found, chain: this.#ports.chain(use) };
        this.problem = undefined;
        for (const said of world.problems) log.warn({ network: "oarn", problem: said }, "discovery met a problem");
        return world;
      } catch (error) {
        this.problem = clean(messageOf(error), 300);
        log.warn({ network: "oarn", error: this.problem }, "the chain and its registries are not found");
        await sleep(clock, Math.min(pollInterval * 2 ** failures, LONGEST_MS), signal);
      }
    }
    return undefined;
  }

  #rank(url: string): number {
    const known = this.#ranks.get(url) ?? this.#ports.random();
    this.#ranks.set(url, known);
    return known;
  }
}
