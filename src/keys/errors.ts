// What can be wrong with a key, its file or its password.
import { FxnError } from "../core/errors.ts";

type KeyCode =
  | "key_missing"
  | "key_exists"
  | "key_invalid"
  | "key_file_invalid"
  | "key_name_invalid"
  | "key_import_unknown"
  | "key_password_missing"
  | "key_password_invalid"
  | "key_wrong_password";

/** Neither message nor hint ever holds a key, a password or a part of them. */
export class KeyError extends FxnError<KeyCode> {
  constructor(code: KeyCode, message: string, hint: string, cause?: unknown) {
    super(code, 500, message, { hint, cause });
  }
}
