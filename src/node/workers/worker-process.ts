// The node's side of one worker: starts it, tells it, asks it, and hears of its end.
import type { Subprocess } from "bun";
import type { Clock } from "../../core/clock.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { errorOf } from "../../gpu/process/errors.ts";
import { ENDS_WITH_NODE } from "../../lib/ends-with-node.ts";
import { counted } from "../../observe/metrics/counted.ts";
import type { Files } from "../reload/read.ts";
import { type Metrics, type RenewalStep, type Start, type ToWorker, toMain } from "./protocol.ts";

export interface WorkerPorts {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
}

export class WorkerError extends FxnError<"worker_ended" | "worker_missing" | "worker_silent"> {}

/** An answer about itself that takes longer is as good as none. */
const ASK_LIMIT_MS = 1000;
/** It asks new model servers how they are, and may have its hands full. */
const PREPARE_LIMIT_MS = 60_000;
/** It takes no time; a busy machine may. */
const COMMIT_LIMIT_MS = 10_000;
/** A step of a renewal takes seconds; one that hangs must not keep the others from a certificate. */
const RENEW_LIMIT_MS = 30_000;

/** It has no key to open. */
const NOT_FOR_WORKERS = { FXN_PASSWORD: undefined };

export class WorkerProcess {
  /** 1 and up; a worker that takes the place of another has its number. */
  readonly number: number;
  /** The port that it listens on; WorkerError or its own failure when it never did. */
  readonly listening: Promise<number>;
  /** How it ended, in words. */
  readonly ended: Promise<string>;
  /** It has ended what it had begun when it was told to make way; or it has ended. */
  readonly madeWay: Promise<void>;
  /** What it was cut off from when it was drained; undefined when it ended otherwise. */
  drained: number | undefined;
  /** What it had counted when it last answered: one that is late, or has ended, has lost nothing. */
  counted: Metrics = [];
  #renewed: ((failed: string | undefined) => void) | undefined;
  /** Who waits for something of it, and is not to wait any longer when it ends; undefined: it has. */
  #waiting: Set<() => void> | undefined = new Set();
  readonly #process: Subprocess;
  readonly #ports: WorkerPorts;
  readonly #asked = new Map<number, (metrics: Metrics) => void>();
  readonly #preparing = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  readonly #committing = new Map<number, () => void>();
  #asks = 0;

  /** It loads its code, and serves nobody until `start`. Throws WorkerError when it cannot be started at all. */
  constructor(number: number, ports: WorkerPorts) {
    const { log } = ports;
    this.number = number;
    this.#ports = ports;
    const listening = Promise.withResolvers<number>();
    const ended = Promise.withResolvers<string>();
    const madeWay = Promise.withResolvers<void>();
    this.listening = listening.promise;
    this.ended = ended.promise;
    this.madeWay = Promise.race([madeWay.promise, ended.promise.then(() => {})]);
    // Whoever waits hears of it; perhaps nobody does.
    this.listening.catch(() => {});
    const hear = (message: unknown) => {
      const said = toMain.parse(message);
      if ("listening" in said) listening.resolve(said.listening);
      else if ("prepared" in said) this.#preparing.get(said.prepared)?.resolve();
      else if ("committed" in said) this.#committing.get(said.committed)?.();
      else if ("unprepared" in said) this.#preparing.get(said.unprepared)?.reject(errorOf(said.failed));
      else if ("failed" in said) listening.reject(errorOf(said.failed));
      else if ("drained" in said) this.drained = said.drained;
      else if ("madeWay" in said) madeWay.resolve();
      else if ("renewed" in said) this.#renewed?.(said.renewed.failed);
      else {
        this.counted = counted(said.metrics);
        this.#asked.get(said.answer)?.(said.metrics);
      }
    };
    try {
      this.#process = Bun.spawn([...ports.command], {
        env: { ...ports.env, ...NOT_FOR_WORKERS, ...ENDS_WITH_NODE },
        stdio: ["ignore", "inherit", "inherit"],
        serialization: "advanced",
        ipc(message, process) {
          try {
            hear(message);
          } catch (error) {
            log.error({ worker: number, error: messageOf(error) }, "a worker talks nonsense and is ended");
            process.kill("SIGKILL");
          }
        },
        onExit: (_process, code, signal) => {
          const how = signal === null ? `code ${code}` : String(signal);
          listening.reject(new WorkerError("worker_ended", 500, `worker ${number} ended as it started: ${how}`));
          ended.resolve(how);
          const waiting = this.#waiting ?? [];
          this.#waiting = undefined;
          for (const end of waiting) end();
        },
      });
    } catch (cause) {
      throw new WorkerError("worker_missing", 500, "a worker process cannot be started", {
        cause,
        hint: "Was the program moved or replaced while the node ran? Start the node again.",
      });
    }
    log.debug({ worker: number, pid: this.pid }, "worker process started");
  }

  start(start: Omit<Start, "number">): void {
    this.tell({ start: { ...start, number: this.number } });
  }

  get pid(): number {
    return this.#process.pid;
  }

  tell(message: ToWorker): void {
    try {
      this.#process.send(message);
    } catch {
      // It has just ended: its end is heard by itself.
    }
  }

  /** Opens what those files want; or it ends, and the one that takes its place has them anyway. Throws its failure, or WorkerError. */
  async prepare(id: number, files: Files): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#preparing.set(id, { resolve, reject });
    const late = () =>
      reject(
        new WorkerError(
          "worker_silent",
          500,
          `worker ${this.number} was not ready within ${PREPARE_LIMIT_MS / 1000} s`,
        ),
      );
    const cancelTimer = this.#ports.clock.after(PREPARE_LIMIT_MS, late);
    const forget = this.#atEnd(resolve);
    this.tell({ reload: { id, files } });
    try {
      await promise;
    } finally {
      cancelTimer();
      forget();
      this.#preparing.delete(id);
    }
  }

  /** Resolves with whether nobody is served any more by what was before: it has confirmed that, or has ended. */
  async commit(id: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const done = () => resolve(true);
    this.#committing.set(id, done);
    const cancelTimer = this.#ports.clock.after(COMMIT_LIMIT_MS, () => resolve(false));
    const forget = this.#atEnd(done);
    this.tell({ commit: id });
    const confirmed = await promise;
    cancelTimer();
    forget();
    this.#committing.delete(id);
    return confirmed;
  }

  /** When it does not answer, what it had counted when it last did. */
  metrics(): Promise<Metrics> {
    const ask = this.#asks++;
    return new Promise((resolve) => {
      const settle = (metrics: Metrics) => {
        this.#asked.delete(ask);
        cancelTimer();
        forget();
        resolve(metrics);
      };
      const end = () => settle(this.counted);
      const cancelTimer = this.#ports.clock.after(ASK_LIMIT_MS, end);
      const forget = this.#atEnd(end);
      this.#asked.set(ask, settle);
      this.tell({ ask });
    });
  }

  /** One step of a renewal; resolves with why it failed, if it did. One that has ended, or hangs and is ended, needs none. */
  async renew(step: RenewalStep): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#renewed = resolve;
    const cancelTimer = this.#ports.clock.after(RENEW_LIMIT_MS, () => this.kill());
    const forget = this.#atEnd(() => resolve(undefined));
    this.tell({ renewal: step });
    const failed = await promise;
    cancelTimer();
    forget();
    return failed;
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  /** Not by `ended`: what waits there is kept, with all it knows, for as long as the worker lives. @returns no more of it */
  #atEnd(end: () => void): () => void {
    const waiting = this.#waiting;
    if (!waiting) queueMicrotask(end);
    waiting?.add(end);
    return () => waiting?.delete(end);
  }
}
