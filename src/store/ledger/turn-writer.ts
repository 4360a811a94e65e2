// Lines on their way to a file: those of one turn of the event loop share one write, which costs more than all of them.
import { atEndOfTurn } from "../../lib/end-of-turn.ts";
import type { Appended } from "./append-lines.ts";

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class TurnWriter {
  readonly #append: (lines: readonly string[]) => Pick<Appended, "kept" | "error">;
  #lines: string[] = [];
  #waiting: Waiting[] = [];

  /** @param append may throw: then no line is there */
  constructor(append: (lines: readonly string[]) => Pick<Appended, "kept" | "error">) {
    this.#append = append;
  }

  /** Resolves when the line is written, and rejects when it could not be. */
  add(line: string): Promise<void> {
    if (this.#lines.push(line) === 1) atEndOfTurn(() => this.flush());
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Now. */
  flush(): void {
    if (this.#lines.length === 0) return;
    const [lines, waiting] = [this.#lines, this.#waiting];
    this.#lines = [];
    this.#waiting = [];
    const { kept, error } = this.#tried(lines);
    for (const [at, { resolve, reject }] of waiting.entries()) {
      if (at < kept) resolve();
      else reject(error);
    }
  }

  #tried(lines: readonly string[]): Pick<Appended, "kept" | "error"> {
    try {
      return this.#append(lines);
    } catch (error) {
      return { kept: 0, error };
    }
  }
}
