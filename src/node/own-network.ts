// One network of its own accord while the node runs: opened, listened for, worked, drained; what fails in it stays in it.
import { type Check, type CheckAnswer, fail, ok } from "../core/check.ts";
import { type Clock, sleep } from "../core/clock.ts";
import { FxnError, messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Health, OwnSession } from "../core/network.ts";
import type { NetworkStatus } from "../core/status.ts";
import { aborted } from "../lib/abort.ts";
import { BodyBudget } from "../server/body.ts";
import { createOwnApp } from "../server/own-app.ts";
import { readyText, sessionText } from "./own-checks.ts";
import { mayOverlap, type OwnListener, type OwnListeners } from "./own-listeners.ts";
import { hostPort } from "./status.ts";

export interface OwnLimits {
  readonly bufferedBodies: number;
  /** Milliseconds. */
  readonly bodyTimeout: number;
  /** Milliseconds that running work may take when the node stops. */
  readonly deadlineMs: number;
}

export interface OwnNetworkOptions {
  readonly id: string;
  /** Throws what is wrong with its settings or its key. */
  readonly open: () => Promise<OwnSession>;
  readonly listeners: Pick<OwnListeners, "take" | "refuseTaken">;
  readonly limits: OwnLimits;
  readonly clock: Clock;
  readonly log: Log;
}

/** After a failure, doubled with each one that follows. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

export class OwnNetwork {
  readonly id: string;
  readonly #options: OwnNetworkOptions;
  readonly #bodies: BodyBudget;
  #limits: OwnLimits;
  #session: OwnSession | undefined;
  /** Opened ahead of the first run. */
  #ahead: OwnSession | undefined;
  /** The configuration before this one, which may have work under way as long as this one runs. */
  #former: OwnNetwork | undefined;
  #listener: OwnListener | undefined;
  #trouble: { readonly message: string; readonly hint: string | undefined } | undefined;
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

  /**
   * Opens it for the first run: what is wrong with its settings, its key or its port is thrown now.
   * @param staying networks that go on as they are
   */
  async openAhead(staying: ReadonlySet<string>): Promise<void> {
    const { open, listeners } = this.#options;
    const session = await open();
    if (session.listen) await listeners.refuseTaken(session.listen, staying);
    this.#ahead = session;
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
    next.#former = this;
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
      } catch (error) {
        const trouble = { message: messageOf(error), hint: error instanceof FxnError ? error.hint : undefined };
        this.#trouble = trouble;
        log.error({ network: id, error: trouble.message, hint: trouble.hint }, "a network failed; the others go on");
        if (clock.monotonic() - began > LONGEST_WAIT_MS) wait = FIRST_WAIT_MS;
        await sleep(clock, wait, signal);
        wait = Math.min(2 * wait, LONGEST_WAIT_MS);
      }
    }
    this.#session = undefined;
    this.#former = undefined;
    const kept = this.#listener;
    await kept?.drain(this.#limits.deadlineMs);
    await this.#close(kept);
  }

  /** Whether its session runs; what that session says of itself is its health. */
  get runs(): boolean {
    return this.#running;
  }

  /** Reasons begin with whose they are, as they stand beside those of others. */
  health(): Health {
    const { ready, reasons } = this.#health();
    return { ready, reasons: reasons.map((reason) => `${this.id}: ${reason}`) };
  }

  status(): NetworkStatus {
    const listener = this.#listener;
    return {
      id: this.id,
      ...this.#health(),
      listen: listener ? hostPort(listener.host, listener.port) : null,
      lines: this.#session?.status() ?? [],
    };
  }

  /**
   * Its own, between two that every network has: what has no session cannot be looked at, and a network that gives no work
   * says why itself where none of its checks does.
   */
  checks(): readonly Check[] {
    const { id } = this;
    const first = sessionText(id);
    const own = (this.#session?.checks() ?? []).map((check) => ({
      ...check,
      after: [first.id, ...(check.after ?? [])],
    }));
    const causes = [first.id, ...own.map((check) => check.id)];
    return [
      { ...first, run: async () => this.#runs() },
      ...own,
      { ...readyText(id), after: causes, run: async () => this.#gives() },
    ];
  }

  #runs(): CheckAnswer {
    const { message, hint } = this.#trouble ?? {};
    if (message !== undefined) {
      return fail(message, hint ?? `It is tried again by itself. Its settings: networks.${this.id} in config.yaml.`);
    }
    if (this.#running) return ok("its session runs");
    return fail("it has not begun yet", "Ask again in a moment; else see the node's log: fxn service logs");
  }

  #gives(): CheckAnswer {
    const { ready, reasons } = this.#health();
    const hint = `What it is and has: fxn networks status. Its settings: networks.${this.id} in config.yaml.`;
    return ready ? ok("it can be given work") : fail(reasons.join("; "), hint);
  }

  #health(): Health {
    if (this.#trouble) return { ready: false, reasons: [this.#trouble.message] };
    return this.#session?.health() ?? { ready: false, reasons: ["not begun yet"] };
  }

  async #once(signal: AbortSignal): Promise<void> {
    const work = new AbortController();
    const session = this.#ahead ?? (await this.#options.open());
    this.#ahead = undefined;
    this.#session = session;
    const former = this.#former;
    if (former) session.succession?.follow(() => former.#session?.succession?.running() ?? 0);
    const listener = await this.#listen(session, signal);
    this.#listener = listener;
    this.#trouble = undefined;
    this.#running = true;
    try {
      const running = session.run(work.signal);
      await Promise.race([running, aborted(signal)]);
      if (!signal.aborted) throw new Error("it ended by itself");
      await this.#drain(session, listener);
      work.abort();
      await running;
      await this.#close(listener);
    } finally {
      // When it failed the listener stays, for the next session: former ones may have streams there.
      this.#running = false;
      work.abort();
    }
  }

  async #close(listener: OwnListener | undefined): Promise<void> {
    this.#listener = undefined;
    await listener?.stop();
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
      closed: () => (signal.aborted ? "draining" : this.#running ? undefined : "network_failed"),
      clock,
      log,
    });
    const listener = await listeners.take(id, at, app);
    log.info({ network: id, host: at.host, port: listener.port, path: at.path }, "a network listens");
    return listener;
  }

  async #drain(session: OwnSession, listener: OwnListener | undefined): Promise<void> {
    const { clock } = this.#options;
    const { deadlineMs } = this.#limits;
    const deadline = new AbortController();
    const cancel = clock.after(deadlineMs, () => deadline.abort());
    // Who came before another session took over is not refused for want of a place.
    if (listener?.replaced) await listener.drain(deadlineMs);
    await Promise.all([session.drain(deadline.signal), listener?.drain(deadlineMs)]);
    cancel();
  }
}
