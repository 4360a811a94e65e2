// The joint between a network that is challenged and the challengers that answer.
import type { Schema } from "./schema.ts";

export interface Challenger<I, O> {
  readonly type: string;
  /** One line for `fxn challenge list`. */
  readonly summary: string;
  readonly input: Schema<I>;
  run(input: I, signal: AbortSignal): Promise<O>;
}

export interface ChallengePort {
  /** Runs the challenge of that type; ChallengeError for an unknown type, a payload at fault or a failure. */
  run(type: string, payload: unknown, signal: AbortSignal): Promise<unknown>;
}
