// A runner that is kept alive: started when it is first wanted, started again after ever longer waits, asked in turn.
import { BackendError } from "../../core/backend.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { untilAborted } from "../../lib/abort.ts";
import type { TextSource } from "../openai-reply.ts";
import { Life, type LifePorts, type Program } from "./life.ts";
import type { Ready } from "./protocol.ts";

export interface RunnerPorts extends LifePorts {
  readonly log: Log;
  /** What is to be started; asked before each start. */
  readonly program: () => Promise<Program>;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
/** One that has been ready for so long did not fail at its start. */
const PROVEN_MS = 60_000;

interface Alive {
  readonly life: Life;
  readonly ready: Ready;
}

export class Runner {
  readonly #ports: RunnerPorts;
  /** Of the life that is or begins; undefined: between two. */
  #alive: Promise<Alive> | undefined;
  #life: Life | undefined;
  #failures = 0;
  #downBecause: BackendError | undefined;
  #stopped = false;
  #cancelRestart = () => {};
  #asking = 0;
  readonly #queue: (() => void)[] = [];

  constructor(ports: RunnerPorts) {
    this.#ports = ports;
  }

  /** What it says of itself, once it is ready. Throws BackendError. */
  async ready(signal: AbortSignal): Promise<Ready> {
    return (await this.#ready(signal)).ready;
  }

  /** Resolves when it has begun to answer. Throws BackendError, or Refusal. */
  async ask(route: string, body: Uint8Array, signal: AbortSignal): Promise<TextSource> {
    const { life, ready } = await this.#ready(signal);
    await this.#place(ready.concurrent, signal);
    const request = life.ask(route, body, signal, () => this.#leave());
    await request.untilBegun();
    return request.read();
  }

  /** For good. */
  stop(): void {
    this.#stopped = true;
    this.#cancelRestart();
    this.#life?.end("connect_failed", "is stopped with the node");
  }

  async #ready(signal: AbortSignal): Promise<Alive> {
    if (this.#stopped) throw this.#error("connect_failed", "is stopped with the node");
    if (this.#downBecause) throw this.#downBecause;
    this.#alive ??= this.#begin();
    try {
      return await untilAborted(this.#alive, signal);
    } catch (error) {
      throw error instanceof BackendError
        ? error
        : this.#error("aborted", "was not ready when the request was cancelled");
    }
  }

  async #begin(): Promise<Alive> {
    const { log, clock, label, program } = this.#ports;
    try {
      const started = clock.monotonic();
      const life = new Life(await program(), this.#ports);
      this.#life = life;
      if (this.#stopped) this.stop();
      const ready = await life.ready;
      const readyAt = clock.monotonic();
      log.info({ backend: label, models: ready.models.join(" "), ms: Math.round(readyAt - started) }, "runner ready");
      void life.ended.then((how) => {
        if (clock.monotonic() - readyAt >= PROVEN_MS) this.#failures = 0;
        this.#down(this.#error("connect_failed", how));
      });
      return { life, ready };
    } catch (error) {
      const hint = error instanceof FxnError && error.hint !== undefined ? `; ${error.hint}` : "";
      const cause = error instanceof BackendError ? error : this.#error("connect_failed", `${messageOf(error)}${hint}`);
      this.#down(cause);
      throw cause;
    }
  }

  #down(why: BackendError): void {
    this.#alive = undefined;
    this.#life = undefined;
    if (this.#stopped) return;
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures++);
    this.#downBecause = why;
    this.#ports.log.error({ backend: this.#ports.label, error: why.message, againInMs: wait }, "runner is down");
    this.#cancelRestart = this.#ports.clock.after(wait, () => {
      this.#downBecause = undefined;
      this.#alive = this.#begin();
      this.#alive.catch(() => {});
    });
  }

  /** Waits for one of so many places; first come, first served. */
  async #place(places: number, signal: AbortSignal): Promise<void> {
    if (this.#asking >= places) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#queue.push(resolve);
      try {
        await untilAborted(promise, signal);
      } catch {
        const at = this.#queue.indexOf(resolve);
        // Its turn may have come just as its caller left.
        if (at >= 0) this.#queue.splice(at, 1);
        else this.#next();
        throw this.#error("aborted", "was busy when the request was cancelled");
      }
      return;
    }
    this.#asking++;
  }

  #leave(): void {
    this.#next();
  }

  /** The place goes to the next in line, or is free. */
  #next(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#asking--;
  }

  #error(code: "connect_failed" | "aborted", why: string): BackendError {
    return new BackendError(code, code === "aborted" ? 499 : 502, `${this.#ports.label}: the runner ${why}`);
  }
}
