// A private listener for a rehearsal: on loopback, for a while, with one throw-away key as its only caller.
import type { Address } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Registry } from "../core/registry.ts";
import { type Handler, type Listener, listen } from "../server/listen.ts";

export interface RehearsalPorts {
  /** The node's public routes, for nobody but this scheduler. */
  readonly appFor: (scheduler: Registry<unknown>) => Handler;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Rehearsal {
  readonly port: number;
  readonly seconds: number;
}

/** Whoever asked for it may have been killed before it could end it. */
const LIFE_SECONDS = 600;

export class RehearsalListener {
  readonly #ports: RehearsalPorts;
  #open: Listener | undefined;
  #cancelTimer = () => {};

  constructor(ports: RehearsalPorts) {
    this.#ports = ports;
  }

  /** A new one takes the place of an old one. Throws HttpError when nothing can be listened on. */
  async open(scheduler: Address): Promise<Rehearsal> {
    const { appFor, clock, log } = this.#ports;
    const listener = listen({ host: "127.0.0.1", port: 0 }, appFor(only(scheduler)));
    // Nothing is awaited in between: of two that are opened at once, none may be forgotten.
    const closed = this.close();
    this.#open = listener;
    this.#cancelTimer = clock.after(LIFE_SECONDS * 1000, () => void this.close());
    log.info({ port: listener.port, scheduler, seconds: LIFE_SECONDS }, "rehearsal begins on a private listener");
    await closed;
    return { port: listener.port, seconds: LIFE_SECONDS };
  }

  async close(): Promise<void> {
    this.#cancelTimer();
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    await open.stop();
    this.#ports.log.info({ port: open.port }, "rehearsal ended");
  }
}

/** A registry of one, always fresh. */
function only(address: Address): Registry<unknown> {
  return {
    name: "rehearsal",
    get: (candidate) => (candidate === address ? {} : undefined),
    state: () => ({ size: 1, ageMs: 0, block: undefined, stale: false, lastError: undefined }),
  };
}
