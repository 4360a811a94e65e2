// A private listener for a rehearsal: on loopback, for a while, with one throw-away key as its only caller.
import type { Address } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Registry } from "../core/registry.ts";
import { type Handler, type Listener, listen } from "../server/listen.ts";
import { fixedRegistry } from "./fixed-registry.ts";

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

interface OpenListener {
  readonly listener: Listener;
  readonly scheduler: Address;
  readonly cancelTimer: () => void;
}

export class RehearsalListener {
  readonly #ports: RehearsalPorts;
  #open: OpenListener | undefined;

  constructor(ports: RehearsalPorts) {
    this.#ports = ports;
  }

  /** A new one takes the place of an old one. Throws HttpError when nothing can be listened on. */
  async open(scheduler: Address): Promise<Rehearsal> {
    const { appFor, clock, log } = this.#ports;
    const listener = listen({ host: "127.0.0.1", port: 0 }, appFor(fixedRegistry("rehearsal", [scheduler])));
    const old = this.#open;
    const cancelTimer = clock.after(LIFE_SECONDS * 1000, () => void this.close(scheduler));
    this.#open = { listener, scheduler, cancelTimer };
    log.info({ port: listener.port, scheduler, seconds: LIFE_SECONDS }, "rehearsal begins on a private listener");
    await this.#end(old);
    return { port: listener.port, seconds: LIFE_SECONDS };
  }

  /** @param scheduler only the one that was opened for this key: another may have taken its place; default: any */
  async close(scheduler = this.#open?.scheduler): Promise<void> {
    const open = this.#open;
    if (open?.scheduler !== scheduler) return;
    this.#open = undefined;
    await this.#end(open);
  }

  async #end(open: OpenListener | undefined): Promise<void> {
    if (!open) return;
    open.cancelTimer();
    await open.listener.stop();
    this.#ports.log.info({ port: open.listener.port }, "rehearsal ended");
  }
}
