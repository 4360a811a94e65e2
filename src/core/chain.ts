// The joint between clients of a chain and metrics.

export type RpcOutcome = "ok" | "error" | "timeout" | "wrong_chain";

export interface RpcMetrics {
  /** @param endpoint its index among the configured URLs: a URL may hold an API key */
  rpc(endpoint: number, outcome: RpcOutcome): void;
}

/** What came of a transaction, or of one try to bring it into a block. */
export type TransactionEvent = "signed" | "raised" | "mined" | "failed" | "replaced" | "reorganised" | "refused";

export interface ChainMetrics extends RpcMetrics {
  transaction(network: string, event: TransactionEvent): void;
}
