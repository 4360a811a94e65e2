// Peers that mean harm: what they send is heard by nobody, they are put out, and others go on.
import { afterEach, describe, expect, test } from "bun:test";
import type { RPC } from "@libp2p/gossipsub/message";
import { multiaddr } from "@multiformats/multiaddr";
import {
  barePeer,
  closeOarnPeers,
  frame,
  type OarnPeer,
  oarnPeer,
  until,
  withLength,
} from "../../../../test/fakes/oarn-peers.ts";
import { type TaskAnnouncement, writeAnnouncement } from "./announcement.ts";
import { TASKS_TOPIC } from "./wire.ts";

const task: TaskAnnouncement = {
  id: 7n,
  modelHash: `0x${"11".repeat(32)}`,
  inputHash: `0x${"22".repeat(32)}`,
  reward: 1n,
  requiredNodes: 3,
  deadline: 1_790_000_000n,
};

afterEach(closeOarnPeers);

const addressOf = (peer: OarnPeer) => peer.addresses()[0] ?? "";
const unsigned = (i: number): RPC.Message => ({
  topic: TASKS_TOPIC,
  data: writeAnnouncement({ ...task, id: BigInt(i) }),
  seqno: Buffer.alloc(8, i),
});

/** That the node still works for others is seen by one of them. */
async function expectHeard(ours: OarnPeer): Promise<void> {
  const honest = await oarnPeer({ bootstrap: [addressOf(ours)] });
  await until("the honest one is known", () => ours.peers().some(({ id, oarn }) => oarn && id === honest.peerId));
  let last = 0;
  await until("the honest one is heard", () => {
    if (Date.now() - last > 500) {
      last = Date.now();
      void honest.announce(task);
    }
    return ours.hints.some(({ author }) => author === honest.peerId);
  });
}

describe("a peer that sends", () => {
  test.each([
    ["unsigned messages", false],
    ["unsigned messages, and says it is one of OARN's", true],
  ])("%s is put out and kept away", async (_what, oarn) => {
    const ours = await oarnPeer();
    const hostile = await barePeer(oarn);
    const stream = await hostile.gossipTo(addressOf(ours));
    await until("it is known for what it says", () => ours.peers()[0]?.oarn === oarn);
    for (let i = 0; i < 8; i++) stream.send(frame([unsigned(i)]));
    await until("it is put out", () => ours.peers().length === 0);
    expect(ours.hints).toEqual([]);
    expect(ours.log.lines.map(({ message }) => message)).toContain("a peer misbehaves and is kept away for a while");
    const again = await hostile.node.dial(multiaddr(addressOf(ours))).catch(() => undefined);
    await until("it does not come back", () => again === undefined || again.status !== "open");
    await expectHeard(ours);
  });

  test("signatures of somebody else's message is put out", async () => {
    const ours = await oarnPeer();
    const hostile = await barePeer();
    const stream = await hostile.gossipTo(addressOf(ours));
    const from = hostile.node.peerId.toMultihash().bytes;
    for (let i = 0; i < 8; i++) stream.send(frame([{ ...unsigned(i), from, signature: Buffer.alloc(64, 1) }]));
    await until("it is put out", () => ours.peers().length === 0);
    expect(ours.hints).toEqual([]);
  });

  test("frames without end is put out (flood)", async () => {
    const ours = await oarnPeer();
    const hostile = await barePeer(true);
    const stream = await hostile.gossipTo(addressOf(ours));
    await until("it is one of OARN's", () => ours.peers()[0]?.oarn === true);
    const empty = frame([]);
    for (let i = 0; i < 2000 && stream.status === "open"; i++) if (!stream.send(empty)) await Bun.sleep(5);
    await until("it is put out", () => ours.peers().length === 0);
    await expectHeard(ours);
  });

  test("a frame without end is put out (memory)", async () => {
    const ours = await oarnPeer();
    const hostile = await barePeer();
    const stream = await hostile.gossipTo(addressOf(ours));
    stream.send(Uint8Array.from([0xff, 0xff, 0xff, 0x7f]));
    const piece = Buffer.alloc(16 * 1024);
    for (let sent = 0; sent < 200 && stream.status === "open"; sent++) {
      stream.send(piece);
      await Bun.sleep(5);
    }
    await until("it is put out", () => ours.peers().length === 0);
    expect(stream.status).not.toBe("open");
    await expectHeard(ours);
  });

  test("a message larger than 64 KB is not heard", async () => {
    const ours = await oarnPeer();
    const hostile = await barePeer();
    const stream = await hostile.gossipTo(addressOf(ours));
    stream.send(frame([{ ...unsigned(1), data: Buffer.alloc(65 * 1024, 0x20) }]));
    await Bun.sleep(300);
    expect(ours.calls).toEqual([]);
    await expectHeard(ours);
  });

  test("bytes that are no gossip is not heard", async () => {
    const ours = await oarnPeer();
    const hostile = await barePeer();
    const stream = await hostile.gossipTo(addressOf(ours));
    for (let i = 1; i < 60; i++) stream.send(withLength(Buffer.alloc(i * 7, 0xff)));
    await Bun.sleep(300);
    expect(ours.hints).toEqual([]);
    await expectHeard(ours);
  });
});

test("peers of one address have so many connections, and the node so many peers", async () => {
  const few = await oarnPeer({ maxPeersPerIp: 2 });
  const full = await oarnPeer({ maxPeers: 1 });
  for (const [ours, most] of [
    [few, 2],
    [full, 1],
  ] as const) {
    for (let i = 0; i < 4; i++) {
      const { node } = await barePeer();
      await node.dial(multiaddr(addressOf(ours))).catch(() => undefined);
    }
    await until("the others are refused", () => ours.peers().length === most);
    await Bun.sleep(200);
    expect(ours.peers()).toHaveLength(most);
  }
});
