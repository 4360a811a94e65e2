// Whether there is a way to a host: its addresses, and whether a port takes a connection. Nothing is sent.
import { lookup } from "node:dns/promises";
import { connect, isIP } from "node:net";

/** All addresses of a name; of an address, itself. Rejects when it does not resolve. */
export async function addressesOf(host: string): Promise<readonly string[]> {
  return isIP(host) ? [host] : (await lookup(host, { all: true })).map(({ address }) => address);
}

/** Resolves when the port takes a connection, which is closed then. */
export function dial(host: string, port: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ host, port });
  const stop = () => socket.destroy(new Error("no answer"));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  socket.once("connect", resolve);
  socket.once("error", reject);
  return promise.finally(() => {
    signal.removeEventListener("abort", stop);
    socket.destroy();
  });
}
