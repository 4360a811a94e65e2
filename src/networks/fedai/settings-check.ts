// What no single setting of networks.fedai can know: with these it could not be served, or by nobody, or for nothing.
import type { SettingProblem } from "../ports.ts";
import { isClosed } from "./access.ts";
import { policyLacks } from "./sandbox.ts";
import type { FedaiSettings } from "./settings.ts";

/** Routers forget a node that they have not heard of for 30 s. */
export const LONGEST_INTERVAL_MS = 25_000;

export function settingProblems(settings: FedaiSettings): readonly SettingProblem[] {
  const { access, heartbeat, routers, endpoint, tls, payments } = settings;
  const files = [tls.certFile, tls.keyFile];
  const half = files.includes(undefined) && [...files, tls.clientCaFile].some((file) => file !== undefined);
  return [
    ...when(
      heartbeat.interval > LONGEST_INTERVAL_MS,
      "heartbeat.interval",
      "more than 25s: routers take a node for gone after 30 s of silence",
    ),
    ...when(
      !isClosed(settings) && !access.open,
      "access",
      "nobody may call: give routers[].key, access.allow or access.follow; or access.open: true for every stranger",
    ),
    ...when(
      routers.length > 0 && endpoint === undefined,
      "endpoint",
      "missing: routers are told the base URL at which they reach this node",
    ),
    ...policyLacks(settings).map(({ setting, message }) => ({ setting, message })),
    ...when(half, "tls", "certFile and keyFile belong together: half of it would be served as plain HTTP"),
    ...when(
      payments.required && payments.verify.url === undefined && !payments.unverified,
      "payments",
      "required, and nothing verifies them: set verify.url; or unverified: true, which takes anybody's word for money",
    ),
  ];
}

function when(holds: boolean, setting: string, message: string): SettingProblem[] {
  return holds ? [{ setting, message }] : [];
}
