// The node's own store of nonces, which all networks share: keys that nobody has named have one caller's part of it.
import type { ReplayGuard } from "../../../core/replay.ts";
import type { FedaiSettings } from "../settings.ts";

const STRANGERS = "fedai strangers";

/**
 * A store counts its callers, and takes no more of them when it is full: strangers, who make keys as they like, would keep
 * new callers of every network out.
 */
export function ownNonces(
  settings: Pick<FedaiSettings, "routers" | "access" | "offload">,
  store: ReplayGuard,
): ReplayGuard {
  const { routers, access, offload } = settings;
  const keys = [...routers, ...offload.peers].flatMap(({ key }) => (key === undefined ? [] : [key]));
  const named = new Set([...keys, ...access.allow, ...access.follow, ...offload.auctionAllow]);
  return {
    claim: (signer, nonce, at) =>
      named.has(signer) ? store.claim(`fedai ${signer}`, nonce, at) : store.claim(STRANGERS, `${signer} ${nonce}`, at),
  };
}
