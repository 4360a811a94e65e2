// The public listener where the node's own process is the only one that serves callers.
import type { Clock } from "../core/clock.ts";
import { steerNoMore, steerToLast } from "../lib/steer-connections.ts";
import { type Handler, type ListenAt, type NodeListener, refuseTakenPort } from "../server/listen.ts";
import { listenRenewably, renew } from "../server/renewable-listener.ts";
import type { Certificate } from "./certificate.ts";

/** On Linux a port that another process may join later, for a restart: so nobody else may have it now. */
export async function listenAlone(
  at: ListenAt,
  handle: Handler,
  certificate: Pick<Certificate, "renewBy"> | undefined,
  clock: Clock,
): Promise<NodeListener> {
  const sharable = process.platform === "linux";
  if (sharable && !at.shared) await refuseTakenPort(at, clock);
  const listener = listenRenewably({ ...at, shared: sharable }, handle, clock);
  /** The one before this is there until its streams have ended, and is to get no new ones. */
  let alone = at.shared !== true;
  let renewing = false;
  const settle = () => (alone ? steerNoMore(listener.port) : steerToLast(listener.port, 1));
  certificate?.renewBy(async (tls) => {
    renewing = true;
    try {
      if (await renew(listener, tls)) settle();
    } finally {
      renewing = false;
    }
  });
  return {
    ...listener,
    alone() {
      alone = true;
      if (!renewing) settle();
    },
  };
}
