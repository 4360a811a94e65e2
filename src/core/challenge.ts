// The joint between a network that is challenged and the challengers that answer.

/** JSON text in pieces, made where it blocks nobody: large answers are passed on as they are. */
export class JsonText {
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
  /** What the node itself wants to know of it, without parsing it. */
  readonly facts: unknown;

  constructor(pieces: readonly Uint8Array<ArrayBuffer>[], facts?: unknown) {
    this.pieces = pieces;
    this.facts = facts;
  }
}

/** Who asks. A rehearsal is the operator's own, by a throw-away key: how it ends counts for nobody but the operator. */
export type ChallengeSource = "scheduler" | "rehearsal";

export interface ChallengePort {
  /**
   * Answers what the body of a request to /challenge asks: {"type": string, "payload": …}. The answer is JsonText, or
   * a value for JSON. Throws ChallengeError for what is no challenge, an unknown type, a payload at fault or a failure.
   * @param source default: a scheduler
   */
  answer(body: Uint8Array, signal: AbortSignal, source?: ChallengeSource): Promise<unknown>;
}
