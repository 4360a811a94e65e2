// The joint between request verification and durable state: who has used which nonce.

/** "full" and "outside-window" refuse: a guard that forgets early would let a replay through. */
export type Claim = "fresh" | "replayed" | "outside-window" | "full";

export interface ReplayGuard {
  /**
   * Atomic and durable: of two equal claims exactly one is "fresh", also across a crash. Throws StoreError when it cannot
   * be decided: nobody is let in then.
   * @param scope who claims: a network and a caller
   * @param at    the signed time in milliseconds; claims older than what the guard still remembers are "outside-window"
   */
  claim(scope: string, nonce: string, at: number): Claim | Promise<Claim>;
}
