import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { parseEther } from "viem/utils";
import { until } from "../../../test/e2e/until.ts";
import { OarnTestIpfs } from "../../../test/fakes/oarn-ipfs.ts";
import { type NodeWish, OarnNode } from "../../../test/fakes/oarn-node.ts";
import { CHAIN_ID, NODES, type OarnWorld, startOarnWorld } from "../../../test/sandbox/oarn/world.ts";
import { systemClock } from "../../core/clock.ts";
import { cidHash } from "./hashes.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

let world: OarnWorld;
let snapshot: `0x${string}`;
let ipfs: OarnTestIpfs;
let one: OarnNode;
beforeAll(async () => {
  world = await startOarnWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  snapshot = await world.client.snapshot();
  ipfs = new OarnTestIpfs();
});
afterEach(async () => {
  await one.stop();
  await world.client.revert({ id: snapshot });
});

function start(wish: Partial<NodeWish> = {}, compute: object = {}): OarnNode {
  const blockchain = {
    chainId: CHAIN_ID,
    rpcUrls: [world.rpcUrl],
    contracts: { taskRegistryV2: [world.v2] },
    pollInterval: "50ms",
    settleInterval: "50ms",
  };
  const written = { blockchain, storage: { ipfsApi: "http://127.0.0.1:5001" }, compute };
  one = new OarnNode({ rpcUrl: world.rpcUrl, chainId: CHAIN_ID, account: NODES[0]!, ipfs, written, ...wish });
  return one.start();
}

/** What gas costs as the chain tells it; undefined: as it is. */
function gasOf(node: OarnNode, cost: (deed: string) => bigint | undefined): void {
  const estimate = node.chain.estimate.bind(node.chain);
  node.chain.estimate = async (intent) => {
    const real = await estimate(intent);
    return { ...real, cost: cost(intent.key.split("/").at(-1) ?? "") ?? real.cost };
  };
}

function textTask() {
  const modelCid = ipfs.put("tiny\n");
  const inputCid = ipfs.put("What is six times seven?");
  const requirements = JSON.stringify({ framework: "text", model: "tiny", model_cid: modelCid, input_cid: inputCid });
  return { modelHash: cidHash(modelCid), inputHash: cidHash(inputCid), requirements };
}

const results = async (id: bigint) => {
  const { abi } = world.contract("TaskRegistryV2");
  const found = await world.client.readContract({
    address: world.v2,
    abi,
    functionName: "getTaskResults",
    args: [id],
  });
  return Array.isArray(found) ? found.length : 0;
};
const step = () => one.records()[0]?.step;

describe("gas against the reward", () => {
  test("a task that gas makes too dear is not declined: it is taken when gas is cheap again", async () => {
    start();
    let dear = true;
    gasOf(one, () => (dear ? parseEther("1") : undefined));
    const id = await world.submitV2(textTask());
    await until(() => one.session.skips()[0]?.reason.includes("of gas leave") === true, 6_000);
    expect(one.disk.size).toBe(0);
    dear = false;
    // The skip rests for half a minute; what happens to the task wakes it.
    await world.write("TaskRegistryV2", world.v2, "fundTask", [id], NODES[1], 3n);
    await until(async () => (await results(id)) === 1, 6_000);
  }, 15_000);

  test("it is looked at once more right before the claim", async () => {
    start();
    // Twice by whoever looks for tasks, twice by the match.
    let looks = 0;
    gasOf(one, () => (++looks > 4 ? parseEther("1") : undefined));
    await world.submitV2(textTask());
    await until(() => one.ended("declined") === 1, 6_000);
    expect(one.reasons()[0]).toContain("of gas leave");
    expect(one.chain.asked).toEqual([]);
  }, 10_000);

  test("a result is not submitted for more than it pays; it waits for cheaper gas, as long as there is time", async () => {
    start();
    let dear = true;
    gasOf(one, (deed) => (dear && deed === "submit" ? parseEther("1") : undefined));
    const id = await world.submitV2(textTask());
    await until(() => step() === "submit", 6_000);
    await Bun.sleep(100);
    expect(one.chain.asked.filter((key) => key.endsWith("/submit"))).toEqual([]);
    dear = false;
    await until(async () => (await results(id)) === 1, 6_000);
  }, 10_000);
});

test("an IPFS node that is away: nothing is claimed, the node says so, and goes on when it is back", async () => {
  ipfs.away = true;
  start();
  const id = await world.submitV2(textTask());
  await until(() => one.session.health().reasons.join().includes("results could not be stored"), 6_000);
  expect(one.session.skips()).toEqual([]);
  expect(one.disk.size).toBe(0);
  ipfs.away = false;
  await until(async () => (await results(id)) === 1, 6_000);
  expect(one.session.health().ready).toBe(true);
}, 15_000);

test("an account without ETH is told, and works as soon as it has some", async () => {
  await world.client.setBalance({ address: NODES[0]!, value: 0n });
  start();
  const id = await world.submitV2(textTask());
  await until(() => one.session.health().reasons.join().includes("has no ETH for gas"), 6_000);
  await world.client.setBalance({ address: NODES[0]!, value: parseEther("1") });
  await until(async () => (await results(id)) === 1, 6_000);
}, 15_000);

describe("what could be waited for without end", () => {
  test("a task whose deadline is years away is not claimed", async () => {
    start();
    await world.submitV2({ ...textTask(), deadline: 100_000_000n });
    await until(() => one.session.skips()[0]?.reason.includes("compute.maxDeadline") === true, 6_000);
    expect(one.disk.size).toBe(0);
  }, 10_000);

  test("a registry that is paused after the claim: the others get the place, and the result is delivered afterwards", async () => {
    // The real pipeline, which waits a minute: the clock goes ahead.
    let ahead = 0;
    const clock = {
      ...systemClock,
      now: () => systemClock.now() + ahead,
      after: (ms: number, work: () => void) => systemClock.after(Math.min(ms, 100), work),
    };
    start({ pipeline: true, clock, answer: () => "42" }, { taskTimeout: "1s" });
    const send = one.chain.send.bind(one.chain);
    one.chain.send = async (intent) => {
      if (intent.key.endsWith("/submit")) await world.write("TaskRegistryV2", world.v2, "pause", []).catch(() => {});
      return send(intent);
    };
    const id = await world.submitV2(textTask());
    await until(() => one.records()[0]?.reason === "submit: EnforcedPause()", 8_000);
    await until(() => one.pipeline?.places === 4, 6_000);
    one.chain.send = send;
    await world.write("TaskRegistryV2", world.v2, "unpause", []);
    await until(async () => (await results(id)) === 1, 6_000);
    ahead = 0;
  }, 20_000);

  test("a delivered task of which nothing comes is looked after no longer than deadline and dispute can take", async () => {
    let ahead = 0;
    start({ clock: { ...systemClock, now: () => systemClock.now() + ahead } }, { maxDeadline: "48h" });
    await world.submitV2(textTask());
    await until(() => step() === "settle", 6_000);
    ahead = 61 * DAY_MS;
    await Bun.sleep(200);
    expect(step()).toBe("settle");
    ahead = 63 * DAY_MS;
    await until(() => one.ended("unpaid") === 1, 6_000);
    expect(one.reasons()).toEqual(["nothing came of it in 63 days"]);
  }, 15_000);
});
