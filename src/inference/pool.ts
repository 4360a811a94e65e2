// The model servers of one model: who is free and healthy, who gets the next request, and who waits.
import type { BackendConfig, ModelConfig } from "../config/models-schema.ts";
import type { Clock } from "../core/clock.ts";
import type { SharedRows } from "../core/shared.ts";
import { type BoundedQueue, QueueError } from "../lib/bounded-queue.ts";
import type { InferenceMetrics } from "../observe/metrics/inference.ts";
import type { Ticket } from "./breaker.ts";
import type { Budget } from "./budget.ts";
import { callerLeft, InferenceError } from "./errors.ts";
import { pickLeastBusy } from "./pick.ts";
import type { Upstream } from "./upstream.ts";

export interface Member {
  readonly upstream: Upstream;
  readonly config: BackendConfig;
}

/** A place at a model server; give it back by `release`, once or more. */
export interface Lease {
  readonly member: Member;
  readonly ticket: Ticket;
  release(): void;
}

export interface PoolPorts {
  readonly clock: Clock;
  /** Where the node's processes count together. */
  readonly rows: SharedRows;
  readonly metrics: InferenceMetrics;
  /** Among networks; undefined: there is only one, which has all. */
  readonly budget?: Budget | undefined;
}

const NONE: ReadonlySet<never> = new Set();
/** Retry-After of a full queue, in seconds, is never more: an estimate is no promise. */
const MAX_RETRY_AFTER = 60;
/** How soon a place that became free in another process is taken by one that waits here. */
const LOOK_MS = 5;
/** How much the latest answer counts in the mean time of an answer. */
const LATEST_SHARE = 0.2;

export class ModelPool {
  readonly model: ModelConfig;
  readonly members: readonly Member[];
  readonly #byRoute = new Map<string, Member[]>();
  readonly #queue: BoundedQueue;
  readonly #ports: PoolPorts;
  readonly #unsubscribe: readonly (() => void)[];
  #turn = 0;
  /** Who waits for a place that they asked for here. */
  #own = 0;
  #retired = false;
  /** Where those who wait here are served. */
  #heir: ModelPool | undefined;
  #serving = false;
  #watching = false;
  /** Mean time of an answer, for the estimate of Retry-After. */
  #meanMs = 1000;

  /** @param queue a model's queue outlives its pool */
  constructor(model: ModelConfig, members: readonly Member[], queue: BoundedQueue, ports: PoolPorts) {
    this.model = model;
    this.members = members;
    for (const member of members) {
      for (const route of new Set(member.config.routes))
        this.#byRoute.set(route, [...(this.#byRoute.get(route) ?? []), member]);
    }
    this.#queue = queue;
    this.#ports = ports;
    // What waits may now have a server more, or none at all any longer.
    const listen = () => this.#serve();
    this.#unsubscribe = [...new Set(members.map(({ upstream }) => upstream))].map((one) => one.onChange(listen));
  }

  /**
   * Nobody comes here from now on. Who waits is served by the heir, in the order in which they came; without one, or for
   * a route that it does not have, to the last one here. What runs has its lease.
   */
  retire(heir: ModelPool | undefined): void {
    this.#retired = true;
    this.#heir = heir;
    this.#leaveUnlessWanted();
    if (!heir) return;
    heir.#serve();
    heir.#watch();
  }

  #leaveUnlessWanted(): void {
    if (this.#retired && this.#own === 0) for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #lastOf(path: string): ModelPool {
    return this.#heir?.has(path) ? this.#heir.#lastOf(path) : this;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  get mayWait(): number {
    return this.#queue.size;
  }

  has(path: string): boolean {
    return this.#byRoute.has(path);
  }

  /** Whether a server that was not tried yet could be asked, now or after a wait. */
  hasOther(path: string, tried: ReadonlySet<Member>): boolean {
    return this.#askable(path, tried).length > 0;
  }

  /** A place that is free now. @param network whose work it is for */
  tryAcquire(path: string, tried: ReadonlySet<Member>, network: string): Lease | undefined {
    const { budget } = this.#ports;
    const able = this.#askable(path, tried);
    if (!able.some(isFree) || (budget && !budget.enter(network, this.model.id))) return undefined;
    for (;;) {
      const member = pickLeastBusy(able.filter(isFree), this.#turn++);
      // Another process may have taken the last place meanwhile.
      if (member && !member.upstream.enter(member.config.maxConcurrent)) continue;
      if (!member) budget?.leave(network);
      return member && this.#lease(member, network);
    }
  }

  /** A place, after a wait when all are taken, which the signal ends. Throws InferenceError: queue_full, queue_timeout, no_backend_available, client_closed_request. */
  async acquire(path: string, tried: ReadonlySet<Member>, network: string, signal: () => AbortSignal): Promise<Lease> {
    const { clock, metrics, budget } = this.#ports;
    const about = { model: this.model.id };
    const started = clock.monotonic();
    const take = () => {
      const pool = this.#lastOf(path);
      // The servers of an heir are others.
      const out = pool === this ? tried : NONE;
      return pool.tryAcquire(path, out, network) ?? pool.#unlessAllAreOut(path, out);
    };
    const lease = take();
    if (lease) {
      metrics.queueSeconds.record(about, 0);
      return lease;
    }
    metrics.queueLimit.set(about, this.#queue.size);
    metrics.queueDepth.inc(about);
    const waitsNoMore = budget?.wait(network, this.model.id);
    this.#own++;
    try {
      const coming = this.#queue.wait(take, signal());
      this.#watch();
      return await coming;
    } catch (error) {
      throw this.#refusal(error);
    } finally {
      waitsNoMore?.();
      this.#own--;
      this.#leaveUnlessWanted();
      metrics.queueDepth.dec(about);
      metrics.queueSeconds.record(about, (clock.monotonic() - started) / 1000);
    }
  }

  /** Who may be asked. The only server for a route always may: leaving it out would gain nothing and delay its return. */
  #askable(path: string, tried: ReadonlySet<Member>): Member[] {
    const able = this.#byRoute.get(path) ?? [];
    const only = able.length === 1;
    return able.filter((member) => !tried.has(member) && (only || member.upstream.breaker.available()));
  }

  /** Of a place that was taken. */
  #lease(member: Member, network: string): Lease {
    const { clock, budget } = this.#ports;
    const ticket = member.upstream.breaker.admit();
    const started = clock.monotonic();
    let held = true;
    return {
      member,
      ticket,
      release: () => {
        if (!held) return;
        held = false;
        this.#meanMs += LATEST_SHARE * (clock.monotonic() - started - this.#meanMs);
        budget?.leave(network);
        member.upstream.leave();
      },
    };
  }

  #serve(): void {
    // Taking a place can change a server's state, which calls this again: a waiter must not get a turn inside its own.
    if (this.#serving) return;
    this.#serving = true;
    // The first waiters may want a route that has no free server; those behind them are asked too.
    const useful = () =>
      this.members.some(isFree) || this.members.every(({ upstream }) => !upstream.breaker.available());
    this.#queue.serve(useful);
    this.#serving = false;
  }

  /** What another process, or work at another model, has given back is seen by looking, as long as somebody waits here. */
  #watch(): void {
    const { clock, rows } = this.#ports;
    const alone = rows.processes === 1 && !this.#ports.budget;
    if (this.#watching || alone || this.#queue.own === 0) return;
    this.#watching = true;
    clock.after(LOOK_MS, () => {
      this.#watching = false;
      this.#serve();
      this.#watch();
    });
  }

  #unlessAllAreOut(path: string, tried: ReadonlySet<Member>): undefined {
    if (this.hasOther(path, tried)) return undefined;
    const waits = this.members.map(({ upstream }) => upstream.breaker.ejectedForMs());
    throw new InferenceError("no_backend_available", 502, `no model server of '${this.model.id}' is working`, {
      headers: retryAfter(Math.min(...waits)),
      hint: "fxn status shows what each model server answered last.",
    });
  }

  #refusal(error: unknown): unknown {
    if (!(error instanceof QueueError)) return error;
    if (error.code === "queue_aborted") return callerLeft();
    const places = this.members.reduce((sum, { config }) => sum + config.maxConcurrent, 0);
    return new InferenceError(error.code, 429, `'${this.model.id}' is busy: ${error.message}`, {
      headers: retryAfter((this.#meanMs * (this.waiting + 1)) / places),
    });
  }
}

function isFree({ upstream, config }: Member): boolean {
  return upstream.inflight < config.maxConcurrent;
}

function retryAfter(ms: number): Record<string, string> {
  return { "Retry-After": String(Math.min(MAX_RETRY_AFTER, Math.max(1, Math.ceil(ms / 1000)))) };
}
