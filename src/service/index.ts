// THE SERVICE MANAGER TABLE: what keeps a node running, by system.
import { ServiceError } from "./errors.ts";
import { launchd } from "./launchd.ts";
import type { ServiceManager } from "./manager.ts";
import { systemd } from "./systemd.ts";
import { windows } from "./windows.ts";

export const SERVICE_MANAGERS: readonly ServiceManager[] = [systemd, launchd, windows];

/** Throws ServiceError service_system_unknown. */
export function serviceManagerOf(platform: string): ServiceManager {
  const manager = SERVICE_MANAGERS.find((one) => one.platform === platform);
  if (manager) return manager;
  throw new ServiceError(
    "service_system_unknown",
    `There is no service manager for "${platform}" here`,
    `Known are ${SERVICE_MANAGERS.map((one) => `${one.name} (${one.platform})`).join(", ")}. fxn start runs under any other.`,
  );
}
