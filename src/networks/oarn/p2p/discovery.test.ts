// Nodes that nobody has named to each other meet: over others that know both, and in the local network.
import { afterEach, expect, test } from "bun:test";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { barePeer, closeOarnPeers, oarnPeer, until } from "../../../../test/fakes/oarn-peers.ts";
import { isLocalNetworkAddress } from "../../../lib/public-address.ts";

const CHILD = join(import.meta.dir, "../../../../test/fakes/dht-peers.ts");
const OWN_NETWORK = ["unshare", "--map-root-user", "--net", "sh", "-c"];

afterEach(closeOarnPeers);

const networks = Bun.spawnSync([...OWN_NETWORK, "ip link set lo up"]).success;
const noNetworks = networks ? "" : " (skipped: no network namespaces for this user, or no iproute2)";

test.skipIf(!networks)(`two nodes that know a third meet through Kademlia${noNetworks}`, async () => {
  const addresses = [1, 2, 3].map((last) => `ip addr add 8.8.8.${last}/32 dev lo`).join(" && ");
  const run = `ip link set lo up && ${addresses} && exec "$0" "$1"`;
  const child = Bun.spawn([...OWN_NETWORK, run, process.execPath, CHILD], { stdout: "pipe", stderr: "inherit" });
  expect(await new Response(child.stdout).text()).toBe("met");
});

const local = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => isLocalNetworkAddress(address)),
);
const noLocal = local ? "" : " (skipped: this machine has no address of a local network)";

test.skipIf(!local)(`two nodes of a local network meet through mDNS${noLocal}`, async () => {
  const settings = { mdns: true, listenAddresses: ["/ip4/0.0.0.0/tcp/0", "/ip6/::/tcp/0"] };
  const a = await oarnPeer(settings);
  const b = await oarnPeer(settings);
  await until("they meet", () => a.peers().some(({ id }) => id === b.peerId), 30_000);
});

test("a node that is reached from outside answers routing queries, under the names that are asked for", async () => {
  const announceAddresses = ["/ip4/8.8.8.8/tcp/4001"];
  for (const [settings, spoken] of [
    [{ announceAddresses }, ["/oarn/kad/1.0.0"]],
    [{ announceAddresses, ipfsDht: true }, ["/ipfs/kad/1.0.0", "/oarn/kad/1.0.0"]],
    [{ announceAddresses, dht: false }, []],
    [{}, []],
  ] as const) {
    const ours = await oarnPeer({ ...settings, announceAddresses: [...(settings.announceAddresses ?? [])] });
    const other = await barePeer();
    let protocols: readonly string[] = [];
    let said: readonly string[] = [];
    other.node.addEventListener("peer:identify", ({ detail }) => {
      protocols = detail.protocols.filter((name) => name.includes("/kad/")).sort();
      said = detail.listenAddrs.map(String);
    });
    await other.gossipTo(ours.addresses()[0] ?? "");
    await until("it says what it speaks", () => said.length > 0 && protocols.join() === spoken.join());
    expect(said.includes("/ip4/8.8.8.8/tcp/4001")).toBe("announceAddresses" in settings);
  }
});
