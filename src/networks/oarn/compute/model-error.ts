// How running a model ends without a result. None of it is ever a result.
import { FxnError } from "../../../core/errors.ts";

/** What lies in model and input, so that another try would end alike; and what does not. */
export const MODEL_FAULTS = ["model_declined", "model_failed", "model_output"] as const;
export type ModelCode = (typeof MODEL_FAULTS)[number] | "model_timeout" | "model_ended" | "model_spent";

export class ModelError extends FxnError<ModelCode> {
  constructor(code: ModelCode, message: string, cause?: unknown) {
    super(code, 502, message, { cause });
  }
}

/** Of an error or of what caused it. */
export function isModelFault(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof ModelError && MODEL_FAULTS.some((code) => code === at.code)) return true;
  }
  return false;
}
