// The joint between a network that is challenged and the challengers that answer.

export interface ChallengePort {
  /** Runs the challenge of that type; ChallengeError for an unknown type, a payload at fault or a failure. */
  run(type: string, payload: unknown, signal: AbortSignal): Promise<unknown>;
}
