// How a challenge is refused or fails.
import { FxnError } from "../src/core/errors.ts";

export type ChallengeCode =
  | "invalid_body"
  | "invalid_challenge"
  | "challenge_unknown"
  | "challenge_payload"
  | "challenge_busy"
  | "challenge_timeout"
  | "challenge_failed"
  | "client_closed_request"
  | "public_ip_unknown";

export class ChallengeError extends FxnError<ChallengeCode> {}

export function challengeBusy(message: string, retrySeconds: number): ChallengeError {
  return new ChallengeError("challenge_busy", 429, message, { headers: { "Retry-After": String(retrySeconds) } });
}
