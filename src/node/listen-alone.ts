// The public listener where the node's own process is the only one that serves callers.
import type { Clock } from "../core/clock.ts";
import { type Handler, type ListenAt, type PublicListener, refuseTakenPort } from "../server/listen.ts";
import { listenRenewably, renew } from "../server/renewable-listener.ts";
import type { Certificate } from "./certificate.ts";

/** On Linux a port that another process may join later, for a restart: so nobody else may have it now. */
export async function listenAlone(
  at: ListenAt,
  handle: Handler,
  certificate: Certificate | undefined,
  clock: Clock,
): Promise<PublicListener> {
  const sharable = process.platform === "linux";
  if (sharable && !at.shared) await refuseTakenPort(at, clock);
  const listener = listenRenewably({ ...at, shared: sharable }, handle, clock);
  certificate?.renewBy((tls) => renew(listener, tls));
  return listener;
}
