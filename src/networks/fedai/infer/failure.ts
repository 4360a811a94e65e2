// What became of an inference that failed, in the wire's words; what a model server says is not passed on or logged.
import { FxnError } from "../../../core/errors.ts";
import { FedaiError } from "../errors.ts";
import { printable } from "../tokens.ts";

/** No place now: the router does well to ask another node. */
const BUSY: readonly string[] = [
  "network_rests",
  "queue_full",
  "queue_timeout",
  "no_backend_available",
  "backend_unreachable",
  "backend_busy",
];

export function noPlace(): FedaiError {
  return new FedaiError("offload-unavailable", 503, "this node takes no more work now");
}

export function runnerTimeout(): FedaiError {
  return new FedaiError("runner-timeout", 504, "the inference took longer than it may");
}

export function callerLeft(): FedaiError {
  return new FedaiError("caller-left", 499, "the caller left before the answer");
}

/** @param exposed whether routers may be told why */
export function inferenceFailure(error: unknown, exposed: boolean): FedaiError {
  if (error instanceof FedaiError) return error;
  if (error instanceof FxnError) {
    if (BUSY.includes(error.code) || error.status === 429) return noPlace();
    if (error.code === "model_not_found") return new FedaiError("unknown-model", 400, "this node has no such model");
    if (error.status === 499) return callerLeft();
    const details = exposed ? { details: [printable(error.message)] } : {};
    return new FedaiError("internal-error", 500, `the inference failed: ${error.code}`, details);
  }
  return new FedaiError("internal-error", 500, "the inference failed");
}
