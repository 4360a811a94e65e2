// Asks a URL again and again, so that its owner raises the alarm when that ends: whatever ends this machine, it is heard of.
import { type Clock, sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { AlertTargetStatus } from "../core/status.ts";
import type { Fetch } from "../lib/fetch.ts";

export interface DeadManPorts {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  readonly count: (target: string, outcome: "sent" | "failed") => void;
}

const LIMITS = { timeoutMs: 10_000, maxBytes: 64 * 1024 };

export class DeadMan {
  readonly #url: string;
  readonly #everyMs: number;
  readonly #ports: DeadManPorts;
  readonly #name: string;
  #trouble: string | undefined;

  constructor({ url, interval }: { url: string; interval: number }, ports: DeadManPorts) {
    this.#url = url;
    this.#everyMs = interval;
    this.#ports = ports;
    this.#name = `dead-man ${new URL(url).host}`;
  }

  state(): AlertTargetStatus {
    return { name: this.#name, lastError: this.#trouble ?? null, waiting: 0 };
  }

  /** Until the signal aborts. A ping that is late does not hold the next one up. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const begun = this.#ports.clock.monotonic();
      await this.#ping(signal);
      const took = this.#ports.clock.monotonic() - begun;
      await sleep(this.#ports.clock, Math.max(0, this.#everyMs - took), signal);
    }
  }

  async #ping(signal: AbortSignal): Promise<void> {
    const { log, version, count } = this.#ports;
    const timeoutMs = Math.min(LIMITS.timeoutMs, this.#everyMs);
    const options = { headers: { "user-agent": `fxn/${version}` }, signal, ...LIMITS, timeoutMs };
    const trouble = await this.#ports
      .fetch(this.#url, options)
      .then(({ status }) => (status >= 200 && status <= 299 ? undefined : `it answered ${status}`), messageOf);
    if (signal.aborted) return;
    count(this.#name, trouble === undefined ? "sent" : "failed");
    if (trouble !== undefined && this.#trouble === undefined) {
      log.warn({ target: this.#name, error: trouble }, "the dead-man ping is not taken");
    }
    this.#trouble = trouble;
  }
}
