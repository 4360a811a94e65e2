// How fast this node's answers were of late: the network's scheduler prefers those that say so.

const SAMPLES = 32;

export interface BenchSpec {
  readonly tokens_per_second_avg: number;
  readonly samples: number;
  readonly window_started_at: string;
}

export class Bench {
  #samples: { readonly perSecond: number; readonly at: number }[] = [];

  /** @param at when the answer began, wall clock, milliseconds */
  note(tokens: number, ms: number, at: number): void {
    if (tokens > 0 && ms > 0)
      this.#samples = [...this.#samples, { perSecond: (tokens * 1000) / ms, at }].slice(-SAMPLES);
  }

  /** undefined before the first answer. */
  get spec(): BenchSpec | undefined {
    const [first] = this.#samples;
    if (!first) return undefined;
    const sum = this.#samples.reduce((total, { perSecond }) => total + perSecond, 0);
    return {
      tokens_per_second_avg: Math.round((sum / this.#samples.length) * 100) / 100,
      samples: this.#samples.length,
      window_started_at: new Date(first.at).toISOString(),
    };
  }
}
