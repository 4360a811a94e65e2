// What all workers have counted, those that do not answer now and those that have ended among them.
import { added } from "../../observe/metrics/counted.ts";
import type { Metrics } from "./protocol.ts";
import type { WorkerProcess } from "./worker-process.ts";

export class WorkerMetrics {
  readonly #alive: ReadonlySet<WorkerProcess>;
  /** What those that have ended had counted. */
  #gone: Metrics = [];

  constructor(alive: ReadonlySet<WorkerProcess>) {
    this.#alive = alive;
  }

  /** In the turn in which it is alive no more. */
  ended({ counted }: WorkerProcess): void {
    this.#gone = added(this.#gone, counted);
  }

  /** Of all there are and have been: no sum of what is counted ever falls. */
  async all(): Promise<Metrics[]> {
    const asked = [...this.#alive].map(async (worker) => [worker, await worker.metrics()] as const);
    const answers = new Map(await Promise.all(asked));
    // One that has ended meanwhile is among those that are gone.
    return [this.#gone, ...[...this.#alive].map((worker) => answers.get(worker) ?? worker.counted)];
  }

  /** Of those that run. */
  byPid(): Promise<{ readonly pid: number; readonly metrics: Metrics }[]> {
    return Promise.all([...this.#alive].map(async (worker) => ({ pid: worker.pid, metrics: await worker.metrics() })));
  }
}
