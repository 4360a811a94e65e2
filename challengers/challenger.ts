// What a challenger is: a type, a payload schema, limits, and the work; the same for every one in the table.

import type { Clock } from "../src/core/clock.ts";
import type { ComputePort } from "../src/core/compute.ts";
import type { GpuStats } from "../src/core/gpu.ts";
import type { Schema } from "../src/core/schema.ts";
import type { Proofs } from "./proofs.ts";

/** What challengers may use of the node. */
export interface ChallengeContext {
  /** Signs; the key itself stays in its room. */
  readonly identity: ChallengeIdentity;
  publicIp(signal: AbortSignal): Promise<string>;
  gpus(): Promise<readonly GpuStats[]>;
  /** Whether a GET of a URL that a stranger names is answered 2xx; false for all else, refusals too. */
  reachable(url: string, signal: AbortSignal): Promise<boolean>;
  readonly compute: ComputePort;
  /** The proof that waits to be opened. */
  readonly proofs: Proofs;
  readonly clock: Clock;
}

export interface ChallengeIdentity {
  /** EIP-55. */
  readonly checksumAddress: string;
  /** Uncompressed, 65 bytes. */
  readonly publicKey: Uint8Array;
  /** r ‖ s ‖ v over 32 bytes, 65 bytes, v 0/1. */
  signDigest(digest: Uint8Array): Uint8Array;
  /** EIP-191: r ‖ s ‖ v, v 27/28; 130 hex digits without 0x. */
  signPersonal(message: string): string;
}

export interface ChallengeLimits {
  readonly timeoutMs: number;
  /** How many at once. */
  readonly concurrent: number;
  /** Challengers that name the same place share its `concurrent`; default: a place of its own. */
  readonly place?: "device";
  /** Bytes of the request's body. More than INLINE_BYTES without runBody: its payload is not looked at. */
  readonly bodyBytes: number;
}

export interface Challenger<I, O> {
  readonly type: string;
  /** One line for people. */
  readonly summary: string;
  readonly input: Schema<I>;
  readonly limits: ChallengeLimits;
  run(input: I, context: ChallengeContext, signal: AbortSignal): Promise<O>;
  /**
   * For one whose payload may be large: takes a body of more than INLINE_BYTES as it is, to be parsed elsewhere.
   * OtherChallenge when it turns out not to be its own.
   */
  runBody?(body: Uint8Array, context: ChallengeContext, signal: AbortSignal): Promise<unknown>;
}

/** What a large body turned out to be; its payload is not brought back. */
export class OtherChallenge {
  readonly type: string;

  constructor(type: string) {
    this.type = type;
  }
}

/** A larger body is not parsed on the thread that serves requests: that would keep them all waiting. */
export const INLINE_BYTES = 64 * 1024;

/** As limits.challengeBody has it by default. */
export const LARGE_BYTES = 64 * 1024 * 1024;
