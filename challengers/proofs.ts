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
  readonly state: "computing" | "waiting" | "opening";
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
   * @returns expiresAt in milliseconds since 1970
   */
  async hold(make: () => Promise<Proof>): Promise<{ id: string; proof: Proof; expiresAt: number }> {
    const now = this.#clock.monotonic();
    if (this.#held && this.#held.expiresAt > now) {
      const left = Math.ceil((this.#held.expiresAt - now) / 1000);
      throw challengeBusy("another proof holds this node's memory", Math.min(left, PROOF_LIFE_MS / 1000));
    }
    const id = crypto.randomUUID();
    this.#held = { id, state: "computing", proof: undefined, expiresAt: Number.POSITIVE_INFINITY };
    try {
      const proof = await make();
      this.#held = { id, state: "waiting", proof, expiresAt: this.#clock.monotonic() + PROOF_LIFE_MS };
      // Its memory is given back when its time is over, whether anyone asks or not.
      this.#clock.after(PROOF_LIFE_MS, () => this.#release(id));
      return { id, proof, expiresAt: this.#clock.now() + PROOF_LIFE_MS };
    } catch (error) {
      this.#release(id);
      throw error;
    }
  }

  /**
   * Gives the proof to `show`, once: of two that open it at the same time one does, and what is shown is let go. When
   * showing fails, nothing was learnt of it, and it waits on. Throws challenge_payload for an id that is unknown, opened
   * or expired.
   */
  async open<T>(id: string, show: (proof: Proof) => Promise<T>): Promise<T> {
    const held = this.#held;
    if (held?.id !== id || held.state !== "waiting" || !held.proof || held.expiresAt <= this.#clock.monotonic()) {
      const why = "payload.proofId: no such proof: unknown, opened or expired";
      throw new ChallengeError("challenge_payload", 400, why);
    }
    this.#held = { ...held, state: "opening" };
    try {
      const shown = await show(held.proof);
      this.#release(id);
      return shown;
    } catch (error) {
      if (this.#held?.id === id) this.#held = held;
      throw error;
    }
  }

  #release(id: string): void {
    if (this.#held?.id === id) this.#held = undefined;
  }
}
