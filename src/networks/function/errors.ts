// What a well-signed request of the Function Network can still get wrong.
import { FxnError } from "../../core/errors.ts";

export type FunctionCode = "model_not_found";

export class FunctionError extends FxnError<FunctionCode> {}
