// Which role a caller has on a route: looked up in the registries, and refused when what they know is too old.
import type { Address } from "../core/address.ts";
import type { Role } from "../core/auth.ts";
import type { Registry } from "../core/registry.ts";
import { refuse, refuseFor } from "./errors.ts";

export type CallerRegistries = Readonly<Record<Role, Registry<unknown>>>;

const STALE_RETRY_SECONDS = 15;

/**
 * The first of `roles` that the registries give this address.
 * @throws AuthError caller_not_authorized, or registry_stale when only stale knowledge could tell
 */
export function roleOf(address: Address, roles: readonly Role[], registries: CallerRegistries): Role {
  const fresh = roles.filter((role) => !registries[role].state().stale);
  const role = fresh.find((candidate) => registries[candidate].get(address) !== undefined);
  if (role) return role;
  throw fresh.length < roles.length
    ? refuseFor("registry_stale", STALE_RETRY_SECONDS)
    : refuse("caller_not_authorized");
}
