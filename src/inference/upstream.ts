// A model server and its health, shared by all models that it has.
import type { ModelBackend } from "../core/backend.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { SharedCounter, SharedRows } from "../core/shared.ts";
import type { InferenceMetrics } from "../observe/metrics/inference.ts";
import { Breaker, type BreakerOptions, type BreakerState } from "./breaker.ts";

export interface UpstreamPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: InferenceMetrics;
  /** Where the node's processes count together. */
  readonly rows: SharedRows;
}

export class Upstream {
  /** What logs, metrics and the ledger call it. */
  readonly name: string;
  readonly backend: ModelBackend;
  readonly breaker: Breaker;
  readonly #places: SharedCounter;
  readonly #ports: UpstreamPorts;
  readonly #listeners = new Set<() => void>();
  readonly #forgotten: () => void;
  /** Requests under way of this process alone. */
  #own = 0;

  /** @param forgotten called when nobody listens any more and what was under way has ended: it will not be asked again */
  constructor(
    name: string,
    backend: ModelBackend,
    options: BreakerOptions,
    ports: UpstreamPorts,
    forgotten: () => void = () => {},
  ) {
    this.name = name;
    this.#forgotten = forgotten;
    this.#places = ports.rows.row(`backend ${name}`).counter;
    this.backend = backend;
    this.#ports = ports;
    this.breaker = new Breaker(options, ports.clock, (state) => this.#turned(state));
  }

  /** Called when its health has changed or a place has become free; call the result to hear no more of it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      if (this.#listeners.delete(listener)) this.#forgetUnlessUsed();
    };
  }

  /** Requests under way, of all models that it has and in all processes. */
  get inflight(): number {
    return this.#places.total();
  }

  /** Takes a place unless `most` are taken. */
  enter(most: number): boolean {
    const entered = this.#places.enter(most);
    if (!entered) return false;
    this.#own++;
    this.#ports.metrics.backendInflight.add({ backend: this.name }, 1);
    return true;
  }

  leave(): void {
    this.#own--;
    this.#places.leave();
    this.#ports.metrics.backendInflight.add({ backend: this.name }, -1);
    this.#changed();
    this.#forgetUnlessUsed();
  }

  #forgetUnlessUsed(): void {
    if (this.#listeners.size === 0 && this.#own === 0) this.#forgotten();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #turned(state: BreakerState): void {
    const { log, metrics } = this.#ports;
    const about = { backend: this.name };
    if (state === "closed") {
      metrics.backendUp.set(about, 1);
      log.info(about, "model server answers");
    } else if (state === "open") {
      metrics.backendUp.set(about, 0);
      const { lastError } = this.breaker;
      log.warn({ ...about, forMs: this.breaker.ejectedForMs(), error: lastError }, "model server left out");
    } else {
      log.debug(about, "model server is tried again");
    }
    this.#changed();
  }
}
