// What keeps a release from being put in place.
import { FxnError } from "../core/errors.ts";

export type UpdateCode =
  | "release_unknown"
  | "release_unreachable"
  | "release_malformed"
  | "release_without_target"
  | "release_older"
  | "archive_wrong"
  | "new_file_unfit"
  | "not_replaceable"
  | "update_under_way"
  | "no_previous"
  | "not_compiled";

export class UpdateError extends FxnError<UpdateCode> {}
