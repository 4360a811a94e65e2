// When a model server is left out after failures, and how one single request tries whether it is back.
import type { Clock } from "../core/clock.ts";

/** unknown: nothing was heard of it yet; it may be asked. open: left out. half_open: one trial is under way. */
export type BreakerState = "unknown" | "closed" | "open" | "half_open";

export interface BreakerOptions {
  /** Failures in a row. */
  readonly failures: number;
  /** Milliseconds. */
  readonly ejection: number;
  readonly maxEjection: number;
}

/** What became of one request; each says at most one final word. */
export interface Ticket {
  /** Its answer began well: a trial takes the server back. */
  answered(): void;
  /** Its answer ended well: former failures are forgotten. */
  completed(): void;
  failed(why: string): void;
  /** The caller left: says nothing of the server. */
  dropped(): void;
}

export class Breaker {
  #options: BreakerOptions;
  readonly #clock: Clock;
  readonly #onChange: (state: BreakerState) => void;
  #state: BreakerState = "unknown";
  #failures = 0;
  /** Ejections since the last request that ended well: each doubles the time. */
  #ejections = 0;
  /** How often it was left out at all: a request that began before knows nothing of the time after. */
  #era = 0;
  #until = 0;
  #lastError: string | undefined;

  constructor(options: BreakerOptions, clock: Clock, onChange: (state: BreakerState) => void) {
    this.#options = options;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** From now on; what it knows of the server stays. */
  judgeBy(options: BreakerOptions): void {
    this.#options = options;
  }

  get state(): BreakerState {
    return this.#state;
  }

  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** Milliseconds until a trial is let through; 0 unless it is left out. */
  ejectedForMs(): number {
    return this.#state === "open" ? Math.max(0, this.#until - this.#clock.monotonic()) : 0;
  }

  available(): boolean {
    return this.#state !== "half_open" && this.ejectedForMs() === 0;
  }

  /** Lets one request through; ask `available` first. */
  admit(): Ticket {
    const trial = this.#state === "open";
    if (trial) this.#change("half_open");
    const era = this.#era;
    let over = false;
    let answered = false;
    const answer = () => {
      if (answered || era !== this.#era) return;
      answered = true;
      if (this.#state !== "closed") this.#change("closed");
    };
    return {
      answered: () => {
        if (!over) answer();
      },
      completed: () => {
        if (over) return;
        answer();
        over = true;
        if (era !== this.#era) return;
        this.#failures = 0;
        this.#ejections = 0;
      },
      failed: (why) => {
        if (over) return;
        over = true;
        if (era !== this.#era) return;
        this.#lastError = why;
        this.#failures++;
        if ((trial && !answered) || this.#failures >= this.#options.failures) this.#eject();
      },
      dropped: () => {
        if (over) return;
        over = true;
        if (trial && !answered && this.#state === "half_open") this.#change("open");
      },
    };
  }

  #eject(): void {
    const { ejection, maxEjection } = this.#options;
    this.#until = this.#clock.monotonic() + Math.min(ejection * 2 ** this.#ejections, maxEjection);
    this.#ejections++;
    this.#era++;
    this.#failures = 0;
    this.#change("open");
  }

  #change(state: BreakerState): void {
    this.#state = state;
    this.#onChange(state);
  }
}
