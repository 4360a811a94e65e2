// What is readable of the jobs in hand: prompts, answers and keys of answers. It lives here and nowhere else, and not for long.
import type { Clock } from "../../../core/clock.ts";

/** No job takes longer. */
const LONGEST_MS = 30 * 60 * 1000;

export interface Plain {
  prompt?: string;
  answer?: string;
  /** A leader's answer as it was stored, and the key that opens it. */
  sealed?: { readonly cid: string; readonly key: Uint8Array };
  /** How often the leader was looked for in vain. */
  waits: number;
}

export class PlainTexts {
  readonly #clock: Clock;
  readonly #jobs = new Map<string, { readonly plain: Plain; readonly since: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(job: string): Plain {
    const known = this.#jobs.get(job);
    if (known) return known.plain;
    const plain: Plain = { waits: 0 };
    this.#jobs.set(job, { plain, since: this.#clock.monotonic() });
    return plain;
  }

  forget(job: string): void {
    this.#jobs.delete(job);
  }

  /** What a job has left behind that was given up. */
  sweep(): void {
    const before = this.#clock.monotonic() - LONGEST_MS;
    for (const [job, { since }] of this.#jobs) if (since < before) this.#jobs.delete(job);
  }

  get size(): number {
    return this.#jobs.size;
  }
}
