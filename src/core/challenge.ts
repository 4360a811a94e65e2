// The joint between a network that is challenged and the challengers that answer.
import type { EndedChallenge } from "./activity.ts";

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

export interface ChallengePort {
  /**
   * Answers what the body of a request to /challenge asks: {"type": string, "payload": …}. The answer is JsonText, or
   * a value for JSON. Throws ChallengeError for what is no challenge, an unknown type, a payload at fault or a failure.
   * @param onEnd is told how it has ended, unless it was no challenge
   */
  answer(body: Uint8Array, signal: AbortSignal, onEnd?: (ended: EndedChallenge) => void): Promise<unknown>;
}
