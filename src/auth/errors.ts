// Why a request is not let in: one code, status and message each, as networks expect them.
import { type ErrorDetail, FxnError } from "../core/errors.ts";

/** Statuses and the first seven messages are the Function Network's Go node's; the others are ours. */
const REFUSALS = {
  missing_address: [401, "missing X-Address header"],
  missing_signature: [401, "missing X-Signature header"],
  missing_timestamp: [401, "missing X-Timestamp header"],
  missing_nonce: [401, "missing X-Nonce header"],
  caller_not_authorized: [401, "caller not authorized"],
  nonce_replayed: [401, "nonce already used"],
  invalid_signature: [401, "invalid signature"],
  invalid_address: [401, "X-Address is not 0x and 40 hex digits"],
  invalid_timestamp: [401, "X-Timestamp is not a time in unix seconds"],
  timestamp_too_old: [401, "X-Timestamp is too far in the past"],
  timestamp_in_future: [401, "X-Timestamp is too far in the future"],
  invalid_nonce: [401, "X-Nonce must be 1 to 256 printable ASCII characters"],
  signature_not_hex: [400, "X-Signature is not hex"],
  signature_length: [401, "X-Signature is not 65 bytes"],
  registry_stale: [503, "the registry of callers has not been read from the chain recently enough"],
  nonces_full: [429, "too many live nonces of this caller"],
  rate_limited: [429, "too many requests of this caller"],
  tokens_limited: [429, "this caller's tokens per minute are used up"],
  too_many_concurrent: [429, "too many requests of this caller at the same time"],
} as const satisfies Record<string, readonly [number, string]>;

export type AuthCode = keyof typeof REFUSALS;

export class AuthError extends FxnError<AuthCode> {}

export function refuse(code: AuthCode, detail?: ErrorDetail): AuthError {
  const [status, message] = REFUSALS[code];
  return new AuthError(code, status, message, detail);
}

/** A refusal that passes with time. */
export function refuseFor(code: AuthCode, seconds: number): AuthError {
  return refuse(code, { headers: { "Retry-After": String(Math.max(1, Math.ceil(seconds))) } });
}
