// A process that joins OARN's network and fetches a URL, through a proxy or not, and prints what came of it: to be watched from outside.
import { systemClock } from "../../src/core/clock.ts";
import { createFetch } from "../../src/lib/fetch.ts";
import { createSocksFetch } from "../../src/lib/socks-fetch.ts";
import { openP2p, type TaskHint } from "../../src/networks/oarn/p2p/p2p.ts";
import { p2pSettings } from "../../src/networks/oarn/p2p/settings.ts";
import { FakeLog } from "./log.ts";

const [proxyPort = "", url = "", folder = "", ...bootstrap] = process.argv.slice(2);
const proxy = proxyPort === "none" ? undefined : { host: "127.0.0.1", port: Number(proxyPort) };

const hints: TaskHint[] = [];
const settings = p2pSettings.parse({ bootstrap, mdns: true, ipfsDht: true, listenAddresses: ["/ip4/0.0.0.0/tcp/0"] });
const p2p = await openP2p(settings, {
  folder,
  clock: systemClock,
  log: new FakeLog(),
  metrics: { call: () => undefined },
  onHint: (hint) => hints.push(hint),
  proxy,
});
const send = proxy ? createSocksFetch(proxy, systemClock) : createFetch(systemClock);
const fetched = await send(url, { timeoutMs: 5000, maxBytes: 1000 }).then(
  ({ status }) => String(status),
  (error: unknown) => String(error),
);
const end = Date.now() + 4000;
while (hints.length === 0 && Date.now() < end) await Bun.sleep(50);
const peers = p2p.peers().map(({ address }) => address);
process.stdout.write(JSON.stringify({ fetched, peers, heard: hints.length > 0, listens: p2p.addresses().length }));
await p2p.close();
process.exit(0);
