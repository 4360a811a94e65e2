// What can go wrong with a transaction of ours.
import { FxnError } from "../core/errors.ts";

export type TransactionCode =
  /** The contract refuses it; `reason` is its word. Nothing was sent. */
  | "transaction_refused"
  /** Mined, and failed: the gas is spent. `reason` where it could be learnt. */
  | "transaction_failed"
  /** Another transaction took its nonce. */
  | "transaction_replaced"
  /** The day's gas is spent, or this one alone would pass its bound. */
  | "gas_budget_spent"
  | "funds_missing"
  /** Not mined while the caller waited; it may still be. The next `send` of its key waits on. */
  | "transaction_pending";

export class TransactionError extends FxnError<TransactionCode> {
  /** "Max claims reached", or a custom error's name and arguments: "EnforcedPause()". */
  readonly reason: string | undefined;

  constructor(
    code: TransactionCode,
    message: string,
    options: { hint?: string; cause?: unknown; reason?: string | undefined } = {},
  ) {
    super(code, 503, message, options);
    this.reason = options.reason;
  }
}
