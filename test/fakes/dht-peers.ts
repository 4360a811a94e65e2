// Three nodes of OARN's network on public addresses of a network of their own; prints whether the last two, who only know the first, meet.
import { closeOarnPeers, oarnPeer } from "./oarn-peers.ts";

const first = await oarnPeer({ listenAddresses: ["/ip4/8.8.8.1/tcp/4001"] });
const bootstrap = [`/ip4/8.8.8.1/tcp/4001/p2p/${first.peerId}`];
const second = await oarnPeer({ bootstrap, listenAddresses: ["/ip4/8.8.8.2/tcp/4001"] });
// Until the first has been told that the second answers queries, which takes a second or two.
await Bun.sleep(4000);
const third = await oarnPeer({ bootstrap, listenAddresses: ["/ip4/8.8.8.3/tcp/4001"] });
const end = Date.now() + 40_000;
const met = () => second.peers().some(({ id }) => id === third.peerId);
while (!met() && Date.now() < end) await Bun.sleep(100);
process.stdout.write(met() ? "met" : "strangers");
await closeOarnPeers();
process.exit(0);
