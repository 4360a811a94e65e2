// What a challenger is: a type, a payload schema, limits, and the work; the same for every one in the table.

import { FxnError } from "../src/core/errors.ts";
import type { GpuStats } from "../src/core/gpu.ts";
import type { Schema } from "../src/core/schema.ts";

/** What challengers may use of the node. */
export interface ChallengeContext {
  /** Signs; the key itself stays in its room. */
  readonly identity: ChallengeIdentity;
  publicIp(signal: AbortSignal): Promise<string>;
  gpus(): Promise<readonly GpuStats[]>;
  /** Whether a GET of a URL that a stranger names is answered 2xx; false for all else, refusals too. */
  reachable(url: string, signal: AbortSignal): Promise<boolean>;
}

export interface ChallengeIdentity {
  /** EIP-55. */
  readonly checksumAddress: string;
  /** Uncompressed, 65 bytes. */
  readonly publicKey: Uint8Array;
  /** r ‖ s ‖ v over 32 bytes, 65 bytes, v 0/1. */
  signDigest(digest: Uint8Array): Uint8Array;
}

export interface Challenger<I, O> {
  readonly type: string;
  /** One line for people. */
  readonly summary: string;
  readonly input: Schema<I>;
  readonly limits: { readonly timeoutMs: number; readonly concurrent: number };
  run(input: I, context: ChallengeContext, signal: AbortSignal): Promise<O>;
}

export type ChallengeCode =
  | "challenge_unknown"
  | "challenge_payload"
  | "challenge_busy"
  | "challenge_timeout"
  | "challenge_failed"
  | "public_ip_unknown";

export class ChallengeError extends FxnError<ChallengeCode> {}
