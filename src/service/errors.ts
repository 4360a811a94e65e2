// What can keep the node from becoming a service.
import { FxnError } from "../core/errors.ts";

type ServiceCode =
  | "service_text_invalid"
  | "service_system_unknown"
  | "service_manager_missing"
  | "service_differs"
  | "service_not_ours"
  | "service_user_unknown"
  | "service_home_of_other"
  | "service_home_temporary"
  | "service_binary_temporary"
  | "service_unreadable"
  | "service_password_missing"
  | "service_file"
  | "service_command_failed";

export class ServiceError extends FxnError<ServiceCode> {
  constructor(code: ServiceCode, message: string, hint: string, cause?: unknown) {
    super(code, 500, message, { hint, cause });
  }
}
