// Looks for the chain and its registries until they are found, and says what keeps the node from them.
import { sleep } from "../../../core/clock.ts";
import { messageOf } from "../../../core/errors.ts";
import { clean } from "../../../lib/clean.ts";
import type { ChainPorts } from "../../ports.ts";
import type { OarnSettings } from "../settings.ts";
import { type Discovered, discover } from "./discover.ts";

const LONGEST_MS = 10 * 60 * 1000;

export class Seeker {
  readonly #settings: OarnSettings;
  readonly #ports: Pick<ChainPorts, "chain" | "clock" | "log" | "random">;
  /** Of RPCs that others list: one order for as long as the node runs. */
  readonly #ranks = new Map<string, number>();
  problem: string | undefined = "the chain and its registries have not been found yet";

  constructor(settings: OarnSettings, ports: Pick<ChainPorts, "chain" | "clock" | "log" | "random">) {
    this.#settings = settings;
    this.#ports = ports;
  }

  /** Once. */
  look(): Promise<Discovered> {
    const { chain, random } = this.#ports;
    return discover(this.#settings, {
      chain: (use) => chain(use),
      rank: (url) => {
        const known = this.#ranks.get(url) ?? random();
        this.#ranks.set(url, known);
        return known;
      },
    });
  }

  /** @returns undefined when the signal aborted before */
  async untilFound(signal: AbortSignal): Promise<Discovered | undefined> {
    const { clock, log } = this.#ports;
    const { pollInterval } = this.#settings.blockchain;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const world = await this.look();
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
}
