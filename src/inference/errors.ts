// What can go wrong between a well-formed call and a model server's answer, in the words that callers see.
import { FxnError } from "../core/errors.ts";

export type InferenceCode =
  | "invalid_body"
  | "model_required"
  | "model_not_found"
  | "route_not_found"
  /** Quiet hours of the network, or the operator's own use. */
  | "network_rests"
  | "queue_full"
  /** It waited as long as queue.timeout allows. */
  | "queue_timeout"
  /** Every model server of the model is left out after failures. */
  | "no_backend_available"
  /** No model server that was asked could be reached. */
  | "backend_unreachable"
  | "backend_timeout"
  | "backend_bad_response"
  | "backend_stream_cut"
  /** The answer of a model server that came when a stream had already been promised. */
  | "backend_error"
  /** A model server does not have the route, though its entry says so. */
  | "backend_route_missing"
  /** A model server takes no more now. */
  | "backend_busy"
  | "client_closed_request";

export class InferenceError extends FxnError<InferenceCode> {}

/** Nobody reads it: the caller has left. */
export function callerLeft(): InferenceError {
  return new InferenceError("client_closed_request", 499, "the caller left before the answer");
}
