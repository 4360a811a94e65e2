// One network of its own accord while the node runs: opened, listened for, worked, drained; what fails in it stays in it.
import { type Check, fail, ok } from "../core/check.ts";
import { type Clock, sleep } from "../core/clock.ts";
import { FxnError, messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Health, OwnSession } from "../core/network.ts";
import type { NetworkStatus } from "../core/status.ts";
import { BodyBudget } from "../server/body.ts";
import { createOwnApp } from "../server/own-app.ts";
import { mayOverlap, type OwnListener, type OwnListeners } from "./own-listeners.ts";
import { hostPort } from "./status.ts";

export interface OwnLimits {
  readonly bufferedBodies: number;
  readonly bodyTimeout: number;
}

export interface OwnNetworkOptions {
  readonly id: string;
  /** Throws what is wrong with its settings or its key. */
  readonly open: () => Promise<OwnSession>;
  readonly listeners: Pick<OwnListeners, "take">;
  readonly limits: OwnLimits;
  /** Milliseconds that running work may take when the node stops. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Of the check that every network has, behind its id and a dot. */
export const SESSION = "session";
/** After a failure, doubled with each one that follows. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

export class OwnNetwork {
  readonly id: string;
  readonly #options: OwnNetworkOptions;
  #session: OwnSession | undefined;
  /** Opened ahead of the first run. */
  #ahead: OwnSession | undefined;
  #listener: OwnListener | undefined;
  #limits: OwnLimits;
  readonly #bodies: BodyBudget;
  #trouble: string | undefined;
  #running = false;

  constructor(options: OwnNetworkOptions) {
    this.id = options.id;
    this.#options = options;
    this.#limits = options.limits;
    this.#bodies = new BodyBudget(options.limits.bufferedBodies, () => {});
  }

  /** For what comes from now on. */
  limitTo(limits: OwnLimits): void {
    this.#limits = limits;
    this.#bodies.limitTo(limits.bufferedBodies);
  }

  /** Opens it for the first run: what is wrong with its settings or its key is thrown now. */
  async openAhead(): Promise<void> {
    this.#ahead = await this.#options.open();
  }

  /**
   * Lets the next configuration of this network, which was opened ahead, serve who calls from now on; what runs here goes on.
   * False: the next one has to wait until this one has ended.
   */
  giveWayTo(next: OwnNetwork): boolean {
    const [from, to] = [this.#running ? this.#session : undefined, next.#ahead];
    if (!from?.succession || !to?.succession || !from.listen || !to.listen) return false;
    if (!mayOverlap(from.listen, to.listen)) return false;
    from.succession.giveWay(to.succession.names);
    return true;
  }

  /** Works until the signal aborts and what runs has ended, or the deadline is over. May be called again. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, id } = this.#options;
    let wait = FIRST_WAIT_MS;
    while (!signal.aborted) {
      const began = clock.monotonic();
      try {
        await this.#once(signal);
        if (!signal.aborted) throw new Error("it ended by itself");
      } catch (error) {
        this.#trouble = messageOf(error);
        const hint = error instanceof FxnError ? error.hint : undefined;
        log.error({ network: id, error: this.#trouble, hint }, "a network failed; the others go on");
        if (clock.monotonic() - began > LONGEST_WAIT_MS) wait = FIRST_WAIT_MS;
        await sleep(clock, wait, signal);
        wait = Math.min(2 * wait, LONGEST_WAIT_MS);
      }
    }
    this.#session = undefined;
  }

  /** Whether its session runs; what that session says of itself is its health. */
  get runs(): boolean {
    return this.#running;
  }

  health(): Health {
    if (this.#trouble !== undefined) return { ready: false, reasons: [`${this.id}: ${this.#trouble}`] };
    const { ready, reasons } = this.#session?.health() ?? { ready: false, reasons: ["not begun yet"] };
    return { ready, reasons: reasons.map((reason) => `${this.id}: ${reason}`) };
  }

  status(): NetworkStatus {
    const listener = this.#listener;
    return {
      id: this.id,
      ...this.health(),
      listen: listener ? hostPort(listener.host, listener.port) : null,
      lines: this.#session?.status() ?? [],
    };
  }

  /** That of every network, and its own. */
  checks(): readonly Check[] {
    const { id } = this;
    const title = `${id} can give this node work`;
    const run = async () => {
      const { ready, reasons } = this.health();
      const hint = `What it is and has: fxn networks status. Its settings: networks.${id} in config.yaml.`;
      return ready ? ok("it can") : fail(reasons.join("; "), hint);
    };
    return [{ id: `${id}.${SESSION}`, title, run }, ...(this.#session?.checks() ?? [])];
  }

  async #once(signal: AbortSignal): Promise<void> {
    const work = new AbortController();
    const session = this.#ahead ?? (await this.#options.open());
    this.#ahead = undefined;
    this.#session = session;
    const listener = await this.#listen(session, signal);
    this.#listener = listener;
    this.#trouble = undefined;
    this.#running = true;
    try {
      const running = session.run(work.signal);
      await Promise.race([running, aborted(signal)]);
      if (signal.aborted) await this.#drain(session, listener);
      work.abort();
      await running;
    } finally {
      this.#running = false;
      work.abort();
      this.#listener = undefined;
      await listener?.stop();
    }
  }

  /** Where one of the former configuration listens, its calls come here before this returns. */
  async #listen(session: OwnSession, signal: AbortSignal): Promise<OwnListener | undefined> {
    const at = session.listen;
    if (!at) return undefined;
    const { id, listeners, clock, log } = this.#options;
    const app = createOwnApp({
      network: id,
      routes: session.routes(),
      listen: at,
      budget: this.#bodies,
      bodyTimeoutMs: () => this.#limits.bodyTimeout,
      draining: () => signal.aborted,
      clock,
      log,
    });
    const listener = await listeners.take(id, at, app);
    log.info({ network: id, host: at.host, port: listener.port, path: at.path }, "a network listens");
    return listener;
  }

  async #drain(session: OwnSession, listener: OwnListener | undefined): Promise<void> {
    const { deadlineMs, clock } = this.#options;
    const deadline = new AbortController();
    const cancel = clock.after(deadlineMs, () => deadline.abort());
    // Who came before another session took over is not refused for want of a place.
    if (listener?.replaced) await listener.drain(deadlineMs);
    await Promise.all([session.drain(deadline.signal), listener?.drain(deadlineMs)]);
    cancel();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
