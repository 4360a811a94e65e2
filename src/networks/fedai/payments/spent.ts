// Payments are spent once: claimed before the work, durably, and given back only when the work was not done.
import { createHash } from "node:crypto";
import type { NetworkState } from "../../../core/network-state.ts";

/** A payment that is claimed for one piece of work. */
export interface Hold {
  /** The work was not done: the payment may be used again. A second call does nothing. */
  release(): void;
}

const KIND = "payment";
const DAY_MS = 86_400_000;
/** Far longer than any receipt or invoice is good for. */
const KEEP_MS = 400 * DAY_MS;

export class SpentPayments {
  readonly #state: NetworkState;

  constructor(state: NetworkState) {
    this.#state = state;
  }

  isSpent(identities: readonly string[]): boolean {
    return identities.some((identity) => this.#state.get(KIND, keyOf(identity)) !== undefined);
  }

  /** Undefined when any of them is spent: of two claims exactly one gets the payment. */
  claim(identities: readonly string[]): Hold | undefined {
    const claimed: string[] = [];
    for (const identity of identities) {
      if (!this.#state.add(KIND, keyOf(identity), "")) {
        this.#give(claimed);
        return undefined;
      }
      claimed.push(identity);
    }
    return { release: () => this.#give(claimed) };
  }

  forgetOld(now: number): void {
    this.#state.forget(KIND, now - KEEP_MS);
  }

  #give(claimed: string[]): void {
    for (const identity of claimed.splice(0)) this.#state.remove(KIND, keyOf(identity));
  }
}

/** An invoice may be long, and holds a description. */
function keyOf(identity: string): string {
  return createHash("sha256").update(identity).digest("hex");
}
