// The running node's side of a restart: starts the process that is to take over, and hears how far it has come.
import type { Subprocess } from "bun";
import { type Clock, sleep } from "../../core/clock.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import { errorOf } from "../../gpu/process/errors.ts";
import { type Serving, TAKES_OVER, type ToSuccessor, toPredecessor } from "./protocol.ts";

export class RestartError extends FxnError<
  | "restart_unsupported"
  | "restart_under_way"
  | "successor_missing"
  | "successor_ended"
  | "successor_too_slow"
  | "successor_talks_nonsense"
> {}

export interface SuccessorPorts {
  /** The program, as it lies on the disk now, and its arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

export class Successor {
  /** Both reject with what went wrong: its own failure, or RestartError. */
  readonly prepared: Promise<void>;
  readonly serving: Promise<Serving>;
  /** Its exit code. */
  readonly ended: Promise<number>;
  readonly #process: Subprocess;
  readonly #clock: Clock;

  /** Throws RestartError when it cannot be started at all. */
  constructor({ command, env, clock }: SuccessorPorts) {
    this.#clock = clock;
    const prepared = Promise.withResolvers<void>();
    const serving = Promise.withResolvers<Serving>();
    this.prepared = prepared.promise;
    this.serving = serving.promise;
    const fail = (why: FxnError) => {
      prepared.reject(why);
      serving.reject(why);
    };
    // Whoever waits hears of it; perhaps nobody waits for that one.
    for (const promise of [this.prepared, this.serving]) promise.catch(() => {});
    try {
      this.#process = Bun.spawn([...command], {
        env: { ...env, [TAKES_OVER]: "1" },
        stdio: ["ignore", "inherit", "inherit"],
        // A terminal's signals go to all of its group: this one passes them on, once.
        detached: true,
        serialization: "advanced",
        ipc(message) {
          const said = toPredecessor.safeParse(message);
          if (!said.success)
            fail(new RestartError("successor_talks_nonsense", 500, "the new process is no fxn that can take over"));
          else if ("failed" in said.data) fail(errorOf(said.data.failed));
          else if ("prepared" in said.data) prepared.resolve();
          else serving.resolve(said.data.serving);
        },
      });
    } catch (cause) {
      throw new RestartError("successor_missing", 500, `${command[0]} cannot be started: ${messageOf(cause)}`, {
        cause,
        hint: "Is the file there, and may it be run?",
      });
    }
    this.ended = this.#process.exited;
    void this.ended.then((code) =>
      fail(
        new RestartError("successor_ended", 500, `the new process ended with code ${code}`, {
          hint: "The log says why; the node goes on as it was.",
        }),
      ),
    );
  }

  /** What it promises, or RestartError when that takes longer. */
  async within<T>(ms: number, promise: Promise<T>): Promise<T> {
    const done = new AbortController();
    const late = sleep(this.#clock, ms, done.signal).then(() => {
      throw new RestartError("successor_too_slow", 500, `the new process did not serve within ${ms / 1000} s`);
    });
    late.catch(() => {});
    try {
      return await Promise.race([promise, late]);
    } finally {
      done.abort();
    }
  }

  tell(message: ToSuccessor): void {
    try {
      this.#process.send(message);
    } catch {
      // It has just ended: that is heard by itself.
    }
  }

  signal(name: "SIGINT" | "SIGTERM" | "SIGKILL"): void {
    this.#process.kill(name);
  }
}
