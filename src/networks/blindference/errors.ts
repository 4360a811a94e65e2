// What can go wrong between this node and Blindference, and what the operator should do about it.
import { type ErrorDetail, FxnError } from "../../core/errors.ts";

export type BlindferenceCode =
  | "blindference_attestation"
  | "blindference_blob"
  | "blindference_chain"
  | "blindference_cofhe"
  | "blindference_file"
  | "blindference_job"
  | "blindference_payments"
  | "blindference_stake"
  | "blindference_url";

export class BlindferenceError extends FxnError<BlindferenceCode> {
  constructor(code: BlindferenceCode, message: string, detail: ErrorDetail = {}) {
    super(code, 502, message, detail);
  }
}

export type IclCode =
  /** It does not know this node: attest again. */
  | "icl_node_unknown"
  /** It said no: the same request would be refused again. */
  | "icl_refused"
  /** It failed, or its answer was lost: it may have done what was asked. */
  | "icl_unsure";

export class IclError extends FxnError<IclCode> {
  /** Of the answer; undefined when there was none. */
  readonly answered: number | undefined;

  constructor(code: IclCode, answered: number | undefined, message: string, detail: ErrorDetail = {}) {
    super(code, 502, message, detail);
    this.answered = answered;
  }
}
