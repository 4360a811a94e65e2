// Lends the engine's sequences to one generation each; the rest wait their turn.
import type { LlamaContextSequence } from "node-llama-cpp";

export class SequencePool {
  readonly #free: LlamaContextSequence[];
  readonly #waiting: ((sequence: LlamaContextSequence) => void)[] = [];

  constructor(sequences: readonly LlamaContextSequence[]) {
    this.#free = [...sequences];
  }

  /** `undefined` when the signal aborted before a sequence was free. */
  take(signal: AbortSignal): Promise<LlamaContextSequence | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    const free = this.#free.pop();
    if (free) return Promise.resolve(free);
    return new Promise((resolve) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(served), 1);
        resolve(undefined);
      };
      const served = (sequence: LlamaContextSequence) => {
        signal.removeEventListener("abort", leave);
        resolve(sequence);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(served);
    });
  }

  /** Gives it back, emptied. */
  async release(sequence: LlamaContextSequence): Promise<void> {
    await sequence.clearHistory();
    const next = this.#waiting.shift();
    if (next) next(sequence);
    else this.#free.push(sequence);
  }
}
