// `fxn drain`: the running node takes no new work, ends what it has begun, and stops by itself.
import { FxnError } from "../core/errors.ts";
import type { RunningNode, StopOptions } from "./node-parts.ts";

export class DrainError extends FxnError<"drain_too_early"> {}

/** The answer to who asked leaves while the control socket is still there. */
const LAST_WORDS_MS = 250;

export class Drain {
  /** Resolves when somebody has asked: whoever waits for the end of the process stops the node then. */
  readonly asked: Promise<StopOptions>;
  readonly #asked = Promise.withResolvers<StopOptions>();
  #node: RunningNode | undefined;

  constructor() {
    this.asked = this.#asked.promise;
  }

  /** From now on it can be drained. */
  of(node: RunningNode): void {
    this.#node = node;
  }

  /**
   * @param deadlineMs for what runs; default: shutdown.deadline
   * @returns how many requests were cut off, once nothing runs any more; the process ends after that
   */
  async now(deadlineMs: number | undefined): Promise<{ cut: number }> {
    if (!this.#node)
      throw new DrainError("drain_too_early", 409, "this process is still starting: drain it once it serves");
    this.#asked.resolve({ deadlineMs, lastWordsMs: LAST_WORDS_MS });
    return { cut: await this.#node.ended };
  }
}
