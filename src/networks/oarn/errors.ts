// What can go wrong in OARN beyond what its chain, IPFS and model servers say themselves.
import { FxnError } from "../../core/errors.ts";

export type OarnCode =
  | "oarn_file"
  | "oarn_not_found"
  | "oarn_json"
  | "oarn_registry"
  | "oarn_content"
  | "oarn_declined"
  | "oarn_no_node"
  | "oarn_request"
  | "oarn_result"
  | "oarn_compute";

export class OarnError extends FxnError<OarnCode> {}
