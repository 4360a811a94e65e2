// The one proof at a time that a node holds: from its first step until it is opened or its minute is over.
import type { Clock } from "../src/core/clock.ts";
import type { ProofJob } from "../src/core/compute.ts";
import type { MerkleTree } from "../src/matrix/merkle.ts";
import { ChallengeError, challengeBusy } from "./errors.ts";

export interface Proof {
  /** Its backend is the one that ran. */
  readonly job: ProofJob;
  readonly tree: MerkleTree;
  readonly computeMs: number;
  readonly device: string;
}

/** From the commitment. */
export const PROOF_LIFE_MS = 60_000;

interface Held {
  readonly id: string;
  /** undefined: still being computed. */
  readonly proof: Proof | undefined;
  /** On the monotonic clock. */
  readonly expiresAt: number;
}

export class Proofs {
  readonly #clock: Clock;
  #held: Held | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Takes the place while `make` works, and keeps it for what it gives.
   * Throws challenge_busy (429) while another holds the place.
   */
  async hold(make: () => Promise<Proof>): Promise<{ id: string; proof: Proof }> {
    const now = this.#clock.monotonic();
    if (this.#held && this.#held.expiresAt > now) {
      const left = Math.ceil((this.#held.expiresAt - now) / 1000);
      throw challengeBusy("another proof holds this node's memory", Math.min(left, PROOF_LIFE_MS / 1000));
    }
    const id = crypto.randomUUID();
    this.#held = { id, proof: undefined, expiresAt: Number.POSITIVE_INFINITY };
    try {
      const proof = await make();
      this.#keep({ id, proof, expiresAt: this.#clock.monotonic() + PROOF_LIFE_MS });
      return { id, proof };
    } catch (error) {
      this.#held = undefined;
      throw error;
    }
  }

  /** Throws challenge_payload for an id that is unknown, opened or expired. */
  find(id: string): Proof {
    const held = this.#held;
    if (held?.id === id && held.proof && held.expiresAt > this.#clock.monotonic()) return held.proof;
    throw new ChallengeError("challenge_payload", 400, "payload.proofId: no such proof: unknown, opened or expired");
  }

  /** It may be opened once. */
  spend(id: string): void {
    if (this.#held?.id === id) this.#held = undefined;
  }

  /** Its memory is given back when its time is over, whether anyone asks or not. */
  #keep(held: Held): void {
    this.#held = held;
    this.#clock.after(PROOF_LIFE_MS, () => this.spend(held.id));
  }
}
