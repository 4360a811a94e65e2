// How many bytes of gossip a peer may send: gossipsub itself takes them as fast as they come, and keeps what waits.
import type { GossipSubComponents } from "@libp2p/gossipsub";
import type { Conduct } from "./conduct.ts";

type Registrar = GossipSubComponents["registrar"];

/** Lives in libp2p as a service of its own, since gossipsub's handlers are there only when all services have started. */
export function byteLimit(conduct: Conduct) {
  return ({ registrar }: { readonly registrar: Registrar }) => ({
    start: () => undefined,
    stop: () => undefined,
    afterStart: async () => {
      const gossip = registrar.getProtocols().filter((protocol) => protocol.startsWith("/meshsub/"));
      for (const protocol of gossip) await limit(registrar, protocol, conduct);
    },
  });
}

async function limit(registrar: Registrar, protocol: string, conduct: Conduct): Promise<void> {
  const { handler, options } = registrar.getHandler(protocol);
  await registrar.handle(
    protocol,
    (stream, connection) => {
      const handled = handler(stream, connection);
      const peer = connection.remotePeer.toString();
      // After gossipsub's own: the first one to listen is given what has come already.
      stream.addEventListener("message", ({ data }) => {
        if (conduct.allowsBytes(peer, data.byteLength)) return;
        conduct.ban(peer);
        connection.abort(new Error("more than a peer has to say"));
      });
      return handled;
    },
    { ...options, force: true },
  );
}
