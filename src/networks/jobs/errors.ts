// What can go wrong in the pipeline itself; what goes wrong in a step is the network's own error.
import { FxnError } from "../../core/errors.ts";

export class JobError extends FxnError<"job_step_too_long"> {}
