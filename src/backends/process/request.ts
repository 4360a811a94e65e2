// One request at a runner: its texts as they come, until it says how it ended; silence and leaving end it too.
import { BackendError, type BackendFailure } from "../../core/backend.ts";
import type { Clock } from "../../core/clock.ts";
import type { Ending, TextSource } from "../openai-reply.ts";
import type { Timeouts } from "../strategy.ts";

export interface RequestPorts {
  readonly clock: Clock;
  readonly label: string;
  readonly timeouts: () => Timeouts;
}

/** Characters of text that its reader has not taken yet: nobody is that slow but on purpose. */
const MAX_WAITING = 4 * 1024 * 1024;

const STATUS: { readonly [code in BackendFailure]?: number } = {
  first_byte_timeout: 504,
  idle_timeout: 504,
  aborted: 499,
};

export class RunnerRequest {
  readonly #ports: RequestPorts;
  readonly #timeouts: Timeouts;
  readonly #signal: AbortSignal;
  #texts: string[] = [];
  #waiting = 0;
  #begun = false;
  #end: Ending | Error | undefined;
  #wake = () => {};
  readonly #abandon: () => void;
  readonly #onAbort = () => this.#giveUp("aborted", "the request was cancelled");

  /** @param abandon called once when nobody waits any more for what the runner may still be doing */
  constructor(signal: AbortSignal, ports: RequestPorts, abandon: () => void) {
    this.#signal = signal;
    this.#ports = ports;
    this.#timeouts = ports.timeouts();
    this.#abandon = abandon;
    signal.addEventListener("abort", this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  /** Whether an answer has begun. */
  get begun(): boolean {
    return this.#begun;
  }

  text(text: string): void {
    this.#begun = true;
    this.#waiting += text.length;
    if (this.#waiting > MAX_WAITING) this.#giveUp("cut", "its reader takes too little of the answer");
    else if (this.#end === undefined) this.#texts.push(text);
    this.#wake();
  }

  finish(ending: Ending): void {
    this.#over(ending);
  }

  fail(error: Error): void {
    this.#over(error);
  }

  #over(end: Ending | Error): void {
    this.#end ??= end;
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#wake();
  }

  /** Resolves when there is something to answer with. Throws BackendError, or what the runner refused. */
  async untilBegun(): Promise<void> {
    if (this.#texts.length === 0 && this.#end === undefined) await this.#something();
    if (this.#texts.length === 0 && this.#end instanceof Error) throw this.#end;
  }

  async *read(): TextSource {
    try {
      for (;;) {
        if (this.#texts.length > 0) {
          const texts = this.#texts;
          this.#texts = [];
          this.#waiting = 0;
          yield texts;
        } else if (this.#end instanceof Error) {
          throw this.#end;
        } else if (this.#end) {
          return this.#end;
        } else {
          await this.#something();
        }
      }
    } finally {
      if (this.#end === undefined) this.#giveUp("aborted", "its reader left");
    }
  }

  async #something(): Promise<void> {
    const { clock } = this.#ports;
    const { firstByteTimeout, idleTimeout } = this.#timeouts;
    const [code, ms] = this.#begun
      ? (["idle_timeout", idleTimeout] as const)
      : (["first_byte_timeout", firstByteTimeout] as const);
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancelTimer = clock.after(ms, () => this.#giveUp(code, `nothing came within ${ms} ms`));
    this.#wake = resolve;
    if (this.#end !== undefined || this.#texts.length > 0) resolve();
    await promise;
    cancelTimer();
  }

  error(code: BackendFailure, why: string): BackendError {
    return new BackendError(code, STATUS[code] ?? 502, `${this.#ports.label}: ${why}`);
  }

  /** It is over for whoever waits, and perhaps not for the runner. */
  #giveUp(code: BackendFailure, why: string): void {
    if (this.#end !== undefined) return;
    this.fail(this.error(code, why));
    this.#abandon();
  }
}
