// The joint between a network that is challenged and the challengers that answer.

/** JSON text in pieces, made where it blocks nobody: large answers are passed on as they are. */
export class JsonText {
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];

  constructor(pieces: readonly Uint8Array<ArrayBuffer>[]) {
    this.pieces = pieces;
  }
}

export interface ChallengePort {
  /**
   * Answers what the body of a request to /challenge asks: {"type": string, "payload": …}. The answer is JsonText, or
   * a value for JSON. Throws ChallengeError for what is no challenge, an unknown type, a payload at fault or a failure.
   */
  answer(body: Uint8Array, signal: AbortSignal): Promise<unknown>;
}
