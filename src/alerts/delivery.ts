// Brings messages to one target, in their order: tries again for a while, and holds only so many.
import type { Notice } from "../core/alert.ts";
import { type Clock, sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { AlertTargetStatus } from "../core/status.ts";
import { AlertError, type Target } from "./targets/target.ts";

export interface DeliveryPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly count: (target: string, outcome: "sent" | "failed" | "dropped") => void;
}

const MOST_WAITING = 32;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** Of what a target asks for. */
const MOST_ASKED_MS = 60 * 60_000;
/** Older news help nobody. */
const MOST_AGE_MS = 6 * 60 * 60_000;

interface Waiting {
  readonly notice: Notice;
  readonly from: number;
  readonly taken: () => void;
}

export class Delivery {
  readonly #target: Target;
  readonly #ports: DeliveryPorts;
  readonly #waiting: Waiting[] = [];
  /** Whom it replaces may give it the same one: nobody is told twice. */
  readonly #added = new WeakSet<Notice>();
  /** Aborts when its target is to be told no more. */
  readonly #leaving = new AbortController();
  #heirs: readonly Delivery[] = [];
  /** Its run has ended: nobody reads what waits. */
  #left = false;
  #trouble: string | undefined;
  #wake = () => {};

  constructor(target: Target, ports: DeliveryPorts) {
    this.#target = target;
    this.#ports = ports;
  }

  state(): AlertTargetStatus {
    return { name: this.#target.name, lastError: this.#trouble ?? null, waiting: this.#waiting.length };
  }

  /** @param taken called when the target has it */
  add(notice: Notice, taken: () => void): void {
    if (this.#added.has(notice)) return;
    this.#added.add(notice);
    const one = { notice, from: this.#ports.clock.monotonic(), taken };
    if (this.#left) {
      this.#passOn(one);
      return;
    }
    this.#waiting.push(one);
    if (this.#waiting.length > MOST_WAITING) this.#drop();
    this.#wake();
  }

  /** What waits is tried once more, and the run ends. @param heirs get what was not taken even then */
  leave(heirs: readonly Delivery[]): void {
    this.#heirs = heirs;
    this.#leaving.abort();
    this.#wake();
  }

  /** Works until the signal aborts; what waits then is left. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    let wait = FIRST_WAIT_MS;
    while (!signal.aborted) {
      const first = this.#waiting[0];
      if (!first) {
        this.#left = this.#leaving.signal.aborted;
        if (this.#left) return;
        await this.#nextOf(signal);
        continue;
      }
      const outcome = await this.#attempt(first, signal);
      if (signal.aborted) return;
      const leaves = this.#leaving.signal.aborted;
      if (typeof outcome === "object" && !leaves && clock.monotonic() - first.from < MOST_AGE_MS) {
        await sleep(clock, Math.max(wait, outcome.askedMs), AbortSignal.any([signal, this.#leaving.signal]));
        wait = Math.min(2 * wait, LONGEST_WAIT_MS);
        continue;
      }
      if (outcome !== "sent") this.#passOn(first);
      const index = this.#waiting.indexOf(first);
      if (index >= 0) this.#waiting.splice(index, 1);
      wait = FIRST_WAIT_MS;
    }
  }

  /** An object: to be sent again, and not before it wants to be asked. */
  async #attempt({ notice, taken }: Waiting, signal: AbortSignal): Promise<"sent" | "refused" | { askedMs: number }> {
    const { log, count } = this.#ports;
    const { name } = this.#target;
    try {
      await this.#target.send(notice, signal);
      count(name, "sent");
      if (this.#trouble !== undefined) log.info({ target: name }, "alerts are taken again");
      this.#trouble = undefined;
      taken();
      return "sent";
    } catch (error) {
      if (signal.aborted) return { askedMs: 0 };
      count(name, "failed");
      // Once, and not at every try.
      if (this.#trouble === undefined) log.warn({ target: name, error: messageOf(error) }, "an alert was not taken");
      this.#trouble = messageOf(error);
      if (!(error instanceof AlertError)) return { askedMs: 0 };
      if (error.code === "alert_refused") return "refused";
      return { askedMs: Math.min((error.retryAfter ?? 0) * 1000, MOST_ASKED_MS) };
    }
  }

  /** To its heirs; without any, nobody gets it. */
  #passOn({ notice, taken }: Waiting): void {
    for (const heir of this.#heirs) heir.add(notice, taken);
    if (this.#heirs.length === 0) this.#ports.count(this.#target.name, "dropped");
  }

  /** The oldest: the latest news count. */
  #drop(): void {
    this.#waiting.shift();
    this.#ports.count(this.#target.name, "dropped");
  }

  #nextOf(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#wake = () => {};
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener("abort", done, { once: true });
    });
  }
}
