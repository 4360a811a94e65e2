// How many streamed answers run: of this process by model, for the metrics, and of all processes, for those who watch.
import type { SharedCounter, SharedRows } from "../core/shared.ts";
import type { InferenceMetrics } from "../observe/metrics/inference.ts";

export class RunningStreams {
  readonly #all: SharedCounter;
  readonly #metrics: InferenceMetrics;

  constructor(rows: SharedRows, metrics: InferenceMetrics) {
    this.#all = rows.row("streams").counter;
    this.#metrics = metrics;
  }

  /** In all processes. */
  get total(): number {
    return this.#all.total();
  }

  begin(model: string): void {
    this.#all.enter(Number.POSITIVE_INFINITY);
    this.#metrics.streams.add({ model }, 1);
  }

  end(model: string): void {
    this.#all.leave();
    this.#metrics.streams.add({ model }, -1);
  }
}
