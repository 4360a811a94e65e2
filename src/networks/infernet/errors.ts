// What can go wrong between this node and an Infernet control plane, and what the operator should do about it.
import { type ErrorDetail, FxnError } from "../../core/errors.ts";

export type InfernetCode =
  /** It said no: the same request would be refused again. */
  | "control_plane_refused"
  /** It failed, or its answer was lost: it may have done what was asked. */
  | "control_plane_unsure"
  | "infernet_url"
  | "infernet_file"
  | "infernet_payout"
  | "infernet_login"
  | "infernet_command"
  | "infernet_job";

export class InfernetError extends FxnError<InfernetCode> {}

/** An answer that is no success, or none at all. */
export class ControlPlaneError extends FxnError<"control_plane_refused" | "control_plane_unsure"> {
  /** Of the answer; undefined when there was none. */
  readonly answered: number | undefined;

  constructor(sure: boolean, answered: number | undefined, message: string, detail: ErrorDetail = {}) {
    super(sure ? "control_plane_refused" : "control_plane_unsure", 502, message, detail);
    this.answered = answered;
  }

  /** Nothing of the request was done. */
  get refused(): boolean {
    return this.code === "control_plane_refused";
  }
}
