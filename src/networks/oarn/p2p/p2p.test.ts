// Real nodes on loopback: they find each other, know each other again, and pass announcements on.
import { afterEach, describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { barePeer, closeOarnPeers, type OarnPeer, oarnPeer, until } from "../../../../test/fakes/oarn-peers.ts";
import type { TaskAnnouncement } from "./announcement.ts";
import { P2pError } from "./errors.ts";

const task: TaskAnnouncement = {
  id: 2n ** 63n + 1n,
  modelHash: `0x${"11".repeat(32)}`,
  inputHash: `0x${"22".repeat(32)}`,
  reward: 10n ** 16n,
  requiredNodes: 3,
  deadline: 1_790_000_000n,
  chainId: 421_614n,
  registryVersion: 2,
};

afterEach(closeOarnPeers);

const firstAddress = (peer: OarnPeer) => peer.addresses()[0] ?? "";
const knows = (peer: OarnPeer, other: OarnPeer) => peer.peers().some(({ id, oarn }) => oarn && id === other.peerId);

describe("two nodes", () => {
  test("hear each other's announcements, to the last digit", async () => {
    const a = await oarnPeer();
    const b = await oarnPeer({ bootstrap: [firstAddress(a)] });
    await until("both know each other", () => knows(a, b) && knows(b, a));
    expect(a.hints).toEqual([]);
    await announceUntilHeard(b, a);
    expect(a.hints[0]).toMatchObject({ ...task, author: b.peerId });
    await announceUntilHeard(a, b);
    expect(b.hints[0]).toMatchObject({ ...task, author: a.peerId });
    expect(a.calls).toContain("hint ok");
  });

  test("are the same peer after a restart, with a key that nobody else reads", async () => {
    const before = await oarnPeer();
    const { peerId, folder } = before;
    expect(statSync(join(folder, "peer.key")).mode & 0o777).toBe(0o600);
    await before.close();
    const after = await oarnPeer({}, { folder });
    expect(after.peerId).toBe(peerId);
    expect(peerId).toStartWith("12D3KooW");
  });
});

test("a port that is taken is said to be", async () => {
  const first = await oarnPeer();
  const taken = firstAddress(first).replace(/\/p2p\/.*/, "");
  const failure = await oarnPeer({ listenAddresses: [taken] }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(P2pError);
  expect(String(failure)).toContain(`listening on ${taken} failed`);
});

describe("three nodes", () => {
  test("pass an announcement on to those that are not connected with its author", async () => {
    const middle = await oarnPeer();
    const left = await oarnPeer({ bootstrap: [firstAddress(middle)] });
    const right = await oarnPeer({ bootstrap: [firstAddress(middle)] });
    await until("the middle knows both", () => knows(middle, left) && knows(middle, right));
    await announceUntilHeard(left, right);
    expect(right.hints[0]).toMatchObject({ id: task.id, author: left.peerId });
    expect(right.peers().map(({ id }) => id)).toEqual([middle.peerId]);
  });
});

describe("what it says of itself", () => {
  test("is OARN's version, under the protocols of reference nodes", async () => {
    const ours = await oarnPeer({ ipfsDht: true, announceAddresses: ["/ip4/203.0.114.7/tcp/4001"] });
    const other = await barePeer();
    const identified = Promise.withResolvers<{
      protocolVersion?: string;
      protocols: string[];
      agentVersion?: string;
    }>();
    other.node.addEventListener("peer:identify", ({ detail }) => identified.resolve(detail));
    await other.gossipTo(firstAddress(ours));
    const { protocolVersion, protocols, agentVersion } = await identified.promise;
    expect(protocolVersion).toBe("/oarn/id/1.0.0");
    expect(agentVersion).toBe("fxn");
    expect(protocols).toContain("/ipfs/id/1.0.0");
    expect(protocols).toContain("/ipfs/id/push/1.0.0");
    expect(protocols).toContain("/ipfs/ping/1.0.0");
    expect(protocols).toContain("/meshsub/1.1.0");
    expect(protocols).toContain("/meshsub/1.0.0");
    expect(protocols).not.toContain("/floodsub/1.0.0");
  });
});

/** Subscriptions travel a moment after the connection is made. */
async function announceUntilHeard(from: OarnPeer, to: OarnPeer): Promise<void> {
  let last = 0;
  await until("the announcement is heard", () => {
    if (Date.now() - last > 500) {
      last = Date.now();
      void from.announce(task);
    }
    return to.hints.length > 0;
  });
}
