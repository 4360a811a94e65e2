// What can be wrong with a wish of a provider before any contract is asked for it.
import { FxnError } from "../../src/core/errors.ts";

export type ProviderCode =
  /** No registration that the wish could be about. */
  | "provider_missing"
  /** Several, and none is named. */
  | "provider_ambiguous"
  /** The id is somebody else's, or registered with other data. */
  | "provider_taken"
  | "provider_id"
  | "provider_url"
  | "provider_metadata"
  /** The contract would refuse it; its reason is in the message. */
  | "provider_refused"
  /** What was asked about is not what would be done now. */
  | "provider_changed"
  /** How much FUNC may be taken is not known, or more than was allowed. */
  | "provider_amount";

export class ProviderError extends FxnError<ProviderCode> {
  constructor(code: ProviderCode, message: string, hint?: string) {
    super(code, 409, message, hint === undefined ? {} : { hint });
  }
}
