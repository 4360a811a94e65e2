// The joint between networks and the budget that they share: may a network take work now, and how much.

export interface Admission {
  /** More work of this network that may begin now; 0: none. */
  readonly places: number;
  /** Why there is none, in the operator's words. */
  readonly reason: string | undefined;
}

export interface BudgetPort {
  /** Asked before work is fetched, announced or accepted; the inference service holds to it in any case. */
  admission(): Admission;
}
