// A listener whose certificate changes while it serves: a second one joins its port, new connections go there, the first leaves.
//
// Bun takes a new certificate only for a new listener (`server.reload` leaves the old one in place). So a renewal is what a
// restart is (steer-connections.ts), within one process: what runs goes on where it began, for as long as it likes.
import { type Clock, systemClock } from "../core/clock.ts";
import { retried } from "../lib/retried.ts";
import type { TlsTexts } from "../lib/tls-files.ts";
import { type Handler, type ListenAt, type Listener, listen } from "./listen.ts";

/**
 * With several processes on one port each does one step when all have done the one before: `listeners` is how many
 * joined. Throws HttpError when the port cannot be joined.
 */
export interface Renewal {
  /** Listens with the new files, beside the old ones. False: it is about to close, and nothing is changed any more. */
  join(tls: TlsTexts): Promise<boolean>;
  /** New connections go to those that joined; callers of old ones are asked to come anew. */
  makeWay(listeners: number): Promise<void>;
  /** Closes the old listener; what runs on it goes on. False: as with `join`. */
  leave(listeners: number): Promise<boolean>;
}

export interface RenewableListener extends Listener {
  readonly renewal: Renewal;
}

/** Callers that hold a connection open get so long to send the request whose answer closes it. */
const FAREWELL_MS = 5000;
/** Where nobody else may have the port, the old listener goes first; the system frees it within moments. */
const JOIN_LIMIT_MS = 1000;

/** Throws HttpError when the address is taken or none of this machine's. */
export function listenRenewably(
  at: ListenAt,
  handle: Handler,
  clock: Clock = systemClock,
  farewellMs = FAREWELL_MS,
): RenewableListener {
  let current = listen(at, handle, clock);
  let inUse = at.tls;
  /** Takes no new connections any more, or will not soon. */
  let former: Listener | undefined;
  /** Closed, with answers that have not ended. */
  const past = new Set<Listener>();
  let closing = false;
  const all = () => [...past, ...(former ? [former] : []), current];
  const { host, port } = current;

  function retire(listener: Listener): void {
    for (const one of past) if (one.pending() === 0) past.delete(one);
    if (listener.pending() > 0) past.add(listener);
  }

  return {
    host,
    port,
    pending: () => all().reduce((sum, listener) => sum + listener.pending(), 0),
    async drain(deadlineMs) {
      closing = true;
      const cut = await Promise.all(all().map((listener) => listener.drain(deadlineMs)));
      return cut.reduce((sum, one) => sum + one, 0);
    },
    async makeWay(others, deadlineMs) {
      closing = true;
      await Promise.all(all().map((listener) => listener.makeWay(others, deadlineMs)));
    },
    async leave(others) {
      const cut = await Promise.all(all().map((listener) => listener.leave(others)));
      return cut.reduce((sum, one) => sum + one, 0);
    },
    async stop() {
      closing = true;
      await Promise.all(all().map((listener) => listener.stop()));
    },
    renewal: {
      async join(tls) {
        if (closing || former) return false;
        const old = current;
        const again = (files: ListenAt["tls"]) => listen({ ...at, port, tls: files }, handle, clock);
        if (at.shared) current = again(tls);
        else {
          await old.drain(0);
          try {
            current = await retried(() => again(tls), JOIN_LIMIT_MS, clock);
          } catch (error) {
            // The old one is closed already.
            current = await retried(() => again(inUse), JOIN_LIMIT_MS, clock);
            retire(old);
            throw error;
          }
        }
        former = old;
        inUse = tls;
        return true;
      },
      async makeWay(listeners) {
        if (at.shared && !closing) await former?.makeWay(listeners, farewellMs);
      },
      async leave(listeners) {
        if (!former) return !closing;
        if (at.shared && !closing) await former.leave(listeners);
        // Whoever closes it all has not been told of it otherwise.
        if (closing) past.add(former);
        else retire(former);
        former = undefined;
        return !closing;
      },
    },
  };
}

/** All of a renewal, where one process serves. False: it is about to close, and who gets connections is others' business. */
export async function renew({ renewal }: RenewableListener, tls: TlsTexts): Promise<boolean> {
  if (!(await renewal.join(tls))) return false;
  await renewal.makeWay(1);
  return renewal.leave(1);
}
