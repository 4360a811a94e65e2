// Work that goes on beside the callers' until it is told to stop; and may be begun again.
import { type Clock, sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";

export interface BackgroundWork {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

const END_MS = 2000;

export class Background {
  readonly #work: readonly BackgroundWork[];
  readonly #clock: Clock;
  readonly #log: Log;
  #stopping = new AbortController();
  #ended: Promise<unknown> = Promise.resolve();

  constructor(work: readonly BackgroundWork[], { clock, log }: { clock: Clock; log: Log }) {
    this.#work = work;
    this.#clock = clock;
    this.#log = log;
  }

  begin(): void {
    this.#stopping = new AbortController();
    const { signal } = this.#stopping;
    const failed = (part: string) => (error: unknown) =>
      this.#log.error({ part, error: messageOf(error) }, "background work failed");
    this.#ended = Promise.all(this.#work.map(({ name, run }) => run(signal).catch(failed(name))));
  }

  /** What asks other programs may hang as they do: it is waited for, but not for ever. */
  async stop(limitMs = END_MS): Promise<void> {
    this.#stopping.abort();
    await Promise.race([this.#ended, sleep(this.#clock, limitMs)]);
  }
}
