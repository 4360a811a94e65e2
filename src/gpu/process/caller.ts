// The node's side of the compute process: starts it when it is needed, calls it, cancels, and begins anew when it has ended.
import type { Subprocess } from "bun";
import type { Clock } from "../../core/clock.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { untilAborted } from "../../lib/abort.ts";
import { ENDS_WITH_NODE } from "../../lib/ends-with-node.ts";
import { endedEarly, errorOf, missing, stopping } from "./errors.ts";
import { slicesOf, type ToProcess, toNode } from "./protocol.ts";

export interface ComputeProcessPorts {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Makes the first calls of each new process; all others wait until it is done, and fail when it throws.
   * @param end ends that process, and no other that has taken its place
   */
  readonly greet: (call: FirstCall, end: () => void) => Promise<void>;
}

export interface Answer {
  readonly value: unknown;
  readonly slices: readonly Uint8Array<ArrayBuffer>[];
}

export type FirstCall = (op: string, input: unknown, signal: AbortSignal) => Promise<Answer>;

interface Pending {
  /** The one that was called: another one's end is nothing to it. */
  readonly process: Subprocess;
  readonly slices: Uint8Array<ArrayBuffer>[];
  /** Called when the process has taken a slice. */
  took: () => void;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** A cancelled call that is still not over after this: a driver hangs, and only ending the process helps. */
const CANCEL_LIMIT_MS = 5000;
const MAX_NOISE = 500;
/** For one call: two engines may each take two processes with them before they are given up. */
const MAX_STARTS = 5;

/** A process of its own: what crashes or hangs in a GPU's driver must not take the node's callers with it. */
export class ComputeProcess {
  readonly #ports: ComputeProcessPorts;
  readonly #pending = new Map<number, Pending>();
  #process: Subprocess | undefined;
  /** Those that another takes the place of as soon as what was asked of them has ended. */
  readonly #retired = new Set<Subprocess>();
  #greeting: Promise<void> = Promise.resolve();
  #stopped = false;
  #calls = 0;

  constructor(ports: ComputeProcessPorts) {
    this.#ports = ports;
  }

  /** Throws FxnError as the process gave it, ComputeError when it is not there, or the signal's reason. */
  async call(op: string, input: unknown, body: Uint8Array, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted();
    const process = await this.#ready(signal);
    try {
      return await this.#exchange(process, op, input, body, signal);
    } catch (error) {
      // A device that has failed may be lost to its process for good: the next call gets a new one.
      if (error instanceof FxnError && error.code === "engine_failed") this.#kill(process);
      throw error;
    }
  }

  /** One that has been greeted; one that ends meanwhile gives way to the next. */
  async #ready(signal: AbortSignal): Promise<Subprocess> {
    for (let starts = 0; starts < MAX_STARTS; starts++) {
      const process = this.start();
      await untilAborted(this.#greeting, signal);
      if (this.#process === process) return process;
    }
    throw endedEarly();
  }

  async #exchange(
    process: Subprocess,
    op: string,
    input: unknown,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<Answer> {
    const id = this.#calls++;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    // It may be rejected while the body is still being sent, when nobody waits for it yet.
    promise.catch(() => {});
    this.#pending.set(id, { process, slices: [], took() {}, resolve, reject });
    const cancel = () => this.#cancel(id, signal.reason);
    signal.addEventListener("abort", cancel, { once: true });
    try {
      for (const slice of slicesOf(body)) {
        const taken = this.#taken(id);
        send(process, { id, slice: new Uint8Array(slice) });
        // What is sent faster than it is taken would pile up, and moving a pile of 40 MB blocks for 40 ms.
        await Promise.race([taken, promise]);
        if (signal.aborted) break;
      }
      // Also of a call that is cancelled: it is over only when the process says so.
      send(process, { id, begin: op, input });
      return await promise;
    } finally {
      signal.removeEventListener("abort", cancel);
      this.#pending.delete(id);
      this.#endRetired();
    }
  }

  /** For good: what is called ends, and nothing starts anew. */
  stop(): void {
    this.#stopped = true;
    if (this.#process) this.#kill(this.#process);
    for (const process of this.#retired) process.kill("SIGKILL");
  }

  /** The next call gets a new one; this one ends when what it was called for has ended. @returns whether there was one */
  retire(): boolean {
    if (!this.#process) return false;
    this.#retired.add(this.#process);
    this.#process = undefined;
    this.#endRetired();
    return true;
  }

  #endRetired(): void {
    const called = new Set([...this.#pending.values()].map(({ process }) => process));
    for (const process of this.#retired) if (!called.has(process)) process.kill("SIGKILL");
  }

  /** It takes no more calls, though its end is heard later. */
  #kill(process: Subprocess): void {
    if (this.#process === process) this.#process = undefined;
    process.kill("SIGKILL");
  }

  /** Starts it unless it runs. Throws ComputeError. */
  start(): Subprocess {
    if (this.#stopped) throw stopping();
    if (this.#process) return this.#process;
    const { log } = this.#ports;
    const started = this.#spawn();
    log.debug({ pid: started.pid }, "compute process started");
    for (const noise of [started.stdout, started.stderr]) void this.#listen(noise);
    this.#process = started;
    this.#greeting = this.#ports.greet(
      (op, input, signal) => this.#exchange(started, op, input, new Uint8Array(0), signal),
      () => this.#kill(started),
    );
    // Who calls hears of it; perhaps nobody does yet.
    this.#greeting.catch(() => {});
    return started;
  }

  /** Resolves when the process says that it has taken a slice. */
  #taken(id: number): Promise<void> {
    return new Promise((resolve) => {
      const call = this.#pending.get(id);
      if (call) call.took = resolve;
    });
  }

  #spawn(): Subprocess<"ignore", "pipe", "pipe"> {
    const { command, env } = this.#ports;
    const own = Object.entries(env).filter(([name]) => !name.startsWith("FXN_"));
    try {
      return Bun.spawn([...command], {
        env: { ...Object.fromEntries(own), ...ENDS_WITH_NODE },
        stdio: ["ignore", "pipe", "pipe"],
        serialization: "advanced",
        ipc: (message, speaker) => this.#heard(message, speaker),
        onExit: (ended, code, signalCode) => this.#ended(ended, `${signalCode ?? `code ${code}`}`),
      });
    } catch (cause) {
      throw missing(cause);
    }
  }

  #heard(message: unknown, speaker: Subprocess): void {
    const parsed = toNode.safeParse(message);
    if (!parsed.success) {
      this.#ports.log.error({ pid: speaker.pid }, "the compute process talks nonsense and is ended");
      this.#kill(speaker);
      return;
    }
    const said = parsed.data;
    const call = this.#pending.get(said.id);
    if (!call) return;
    if ("took" in said) call.took();
    else if ("slice" in said) call.slices.push(said.slice);
    else if ("failed" in said) call.reject(errorOf(said.failed));
    else call.resolve({ value: said.done, slices: call.slices });
  }

  #ended(ended: Subprocess, how: string): void {
    if (this.#process === ended) this.#process = undefined;
    this.#retired.delete(ended);
    const calls = [...this.#pending.values()].filter(({ process }) => process === ended);
    if (calls.length === 0) return;
    if (!this.#stopped) {
      this.#ports.log.error({ how, calls: calls.length }, "the compute process ended while it worked");
    }
    for (const { reject } of calls) reject(this.#stopped ? stopping() : endedEarly());
  }

  #cancel(id: number, reason: unknown): void {
    const call = this.#pending.get(id);
    if (!call) return;
    const { process } = call;
    send(process, { id, cancel: true });
    const cancelTimer = this.#ports.clock.after(CANCEL_LIMIT_MS, () => {
      this.#ports.log.error({ pid: process.pid }, "the compute process hangs and is ended");
      this.#kill(process);
    });
    this.#pending.set(id, {
      ...call,
      // However it ends now, the caller is told why it was ended.
      resolve: () => {
        cancelTimer();
        call.reject(reason);
      },
      reject: () => {
        cancelTimer();
        call.reject(reason);
      },
    });
  }

  /** Drivers write what they like; it must not stand between the node's own lines. */
  async #listen(noise: ReadableStream<Uint8Array>): Promise<void> {
    try {
      const decoder = new TextDecoder();
      for await (const text of noise) {
        this.#ports.log.debug({ said: decoder.decode(text).trim().slice(0, MAX_NOISE) }, "compute process");
      }
    } catch (error) {
      this.#ports.log.debug({ error: messageOf(error) }, "compute process cannot be heard");
    }
  }
}

function send(process: Subprocess, message: ToProcess): void {
  try {
    process.send(message);
  } catch {
    // It has just ended: its end is heard by itself, and ends every call.
  }
}
