// Says where this node listens, as reference nodes do: libp2p waits for others to confirm a public address, and OARN's nodes confirm none.
import type { IdentifyComponents } from "@libp2p/identify";

const FOR_GOOD_MS = 365 * 24 * 60 * 60 * 1000;

/** Lives in libp2p as a service of its own: addresses are known when all have started. */
export function ownAddresses() {
  return ({ addressManager }: Pick<IdentifyComponents, "addressManager">) => ({
    start: () => undefined,
    stop: () => undefined,
    afterStart: () => {
      for (const { multiaddr, type } of addressManager.getAddressesWithMetadata())
        if (type === "transport") addressManager.confirmObservedAddr(multiaddr, { type, ttl: FOR_GOOD_MS });
    },
  });
}
