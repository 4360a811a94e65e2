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

/** Of a server that does not begin now; 500 may come after half of the work. */
const NOT_BEGUN: readonly number[] = [429, 503];

/** An answer that is no success, or none at all. */
export class ControlPlaneError extends FxnError<"control_plane_refused" | "control_plane_unsure"> {
  /** Of the answer; undefined when there was none. */
  readonly answered: number | undefined;
  readonly #ownWords: boolean;

  /** @param ownWords whether the answer has the form of the control plane's errors, which proxies' do not have */
  constructor(
    sure: boolean,
    answered: number | undefined,
    message: string,
    { ownWords = false, ...detail }: ErrorDetail & { readonly ownWords?: boolean } = {},
  ) {
    super(sure ? "control_plane_refused" : "control_plane_unsure", 502, message, detail);
    this.answered = answered;
    this.#ownWords = ownWords;
  }

  /** It says itself that it has not begun: good enough where nothing shows whether it has. */
  get declined(): boolean {
    return this.#ownWords && this.answered !== undefined && NOT_BEGUN.includes(this.answered);
  }

  /** Nothing of the request was done. */
  get refused(): boolean {
    return this.code === "control_plane_refused";
  }
}
