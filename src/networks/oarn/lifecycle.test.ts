import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { getAbiItem, parseEther, toEventSelector, toFunctionSelector } from "viem/utils";
import { until } from "../../../test/e2e/until.ts";
import { OarnTestIpfs } from "../../../test/fakes/oarn-ipfs.ts";
import { type NodeWish, OarnNode } from "../../../test/fakes/oarn-node.ts";
import { CHAIN_ID, NODES, type OarnWorld, OWNER, REQUESTER, startOarnWorld } from "../../../test/sandbox/oarn/world.ts";
import { type RecordedCall, startRpcProxy } from "../../../test/sandbox/rpc-proxy.ts";
import vectors from "../../../test/vectors/oarn.json";
import { systemClock } from "../../core/clock.ts";
import { ModelError } from "./compute/model-error.ts";
import { cidHash, resultHash } from "./hashes.ts";
import { sharedAbi } from "./registry/abi.ts";
import { TaskRegistry } from "./registry/registry.ts";
import { v2 } from "./registry/v2.ts";
import { CLAIMED, Orders } from "./tasks/orders.ts";

const HAS_CLAIMED = toFunctionSelector(getAbiItem({ abi: sharedAbi, name: "hasClaimedTask" }));

const REWARD_DISTRIBUTED = toEventSelector("RewardDistributed(uint256,address,uint256,bool)");

const isPayment = ({ method, params }: RecordedCall) =>
  method === "eth_getLogs" && JSON.stringify(params).includes(REWARD_DISTRIBUTED);
const noLogs = ({ id }: RecordedCall) => Response.json({ jsonrpc: "2.0", id, result: [] });

let world: OarnWorld;
let snapshot: `0x${string}`;
let ipfs: OarnTestIpfs;
let nodes: OarnNode[];
beforeAll(async () => {
  world = await startOarnWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  snapshot = await world.client.snapshot();
  ipfs = new OarnTestIpfs();
  nodes = [];
});
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await world.client.revert({ id: snapshot });
});

const written = (contracts: object = { taskRegistryV2: [world.v2] }, compute: object = {}) => ({
  blockchain: {
    chainId: CHAIN_ID,
    rpcUrls: [world.rpcUrl],
    contracts,
    pollInterval: "50ms",
    settleInterval: "50ms",
  },
  storage: { ipfsApi: "http://127.0.0.1:5001" },
  compute,
});

function node(index: number, wish: Partial<NodeWish> = {}): OarnNode {
  const made = new OarnNode({
    rpcUrl: world.rpcUrl,
    chainId: CHAIN_ID,
    account: NODES[index]!,
    ipfs,
    written: written(),
    ...wish,
  });
  nodes.push(made);
  return made;
}

/** A text task whose content everybody can get. */
function textTask(prompt = "What is six times seven?") {
  const modelCid = ipfs.put("tiny\n");
  const inputCid = ipfs.put(prompt);
  const requirements = JSON.stringify({ framework: "text", model: "tiny", model_cid: modelCid, input_cid: inputCid });
  return { modelHash: cidHash(modelCid), inputHash: cidHash(inputCid), requirements };
}

const hashOf = (text: string) => resultHash(new TextEncoder().encode(text));
const results = (id: bigint, registry = world.v2) =>
  world.client.readContract({
    address: registry,
    abi: world.contract("TaskRegistryV2").abi,
    functionName: "getTaskResults",
    args: [id],
  });

describe("attacks", () => {
  test("a task that this account can claim and not deliver: no claim is made whose submission cannot be paid", async () => {
    const one = node(0).start();
    const price = await world.client.getGasPrice();
    await world.client.setBalance({ address: NODES[0]!, value: 300_000n * price });
    await world.submitV2(textTask());
    await until(() => one.session.skips()[0]?.reason === "there is not enough ETH", 6_000);
    expect(one.disk.size).toBe(0);
    expect(one.chain.asked).toEqual([]);
  }, 10_000);

  test("tasks that nobody can finish: a model that does not open, a prompt that is no text, a batch that would stop the node", async () => {
    const model = new Uint8Array([8, ...new Array(200).fill(1)]);
    const compute = {
      frameworks: ["onnx"],
      async check() {},
      open: () =>
        Promise.reject(new ModelError("model_declined", "the model has 2 inputs that must be given, not one")),
    };
    const one = node(0, { compute }).start();
    const named = (modelCid: string, inputCid: string, framework: string) => ({
      modelHash: cidHash(modelCid),
      inputHash: cidHash(inputCid),
      requirements: JSON.stringify({ framework, model: "tiny", model_cid: modelCid, input_cid: inputCid }),
    });
    await world.submitV2(named(ipfs.put(model), ipfs.put("[1]"), "onnx"));
    await world.submitV2(named(ipfs.put("tiny\n"), ipfs.put(Uint8Array.of(255, 254)), "text"));
    const many = `{"type":"batch_input_manifest","inputs":[{"id":1,"params":[${"1,".repeat(3_000_000)}1]}]}`;
    await world.submitV2(named(ipfs.put("tiny\n"), ipfs.put(many), "text"));
    await until(() => one.ended("declined") === 3, 8_000);
    expect(one.reasons().toSorted()).toEqual([
      expect.stringMatching(/^a batch of \d+ bytes/),
      "the model has 2 inputs that must be given, not one",
      "the prompt is not UTF-8",
    ]);
    expect(one.chain.asked).toEqual([]);
  }, 10_000);

  test("a registry full of tasks that are over: one question for each, and none at the next look", async () => {
    for (let tasks = 0; tasks < 12; tasks++) await world.submitV2({ ...textTask(), deadline: 100n });
    await world.passTime(101);
    const rpc = startRpcProxy(world.rpcUrl);
    const one = node(0, { rpcUrl: rpc.url }).start();
    await until(
      () => one.session.status().some(({ name, value }) => name === "last look" && value !== "none yet"),
      6_000,
    );
    const asked = () => rpc.calls.filter(({ method }) => method === "eth_call").length;
    await world.passTime(1);
    await until(() => rpc.calls.some(({ method }) => method === "eth_getLogs"), 6_000);
    // Discovery and the pauses ask a few as well.
    expect(asked()).toBeLessThan(12 + 10);
    expect(rpc.calls.filter(({ method }) => method === "eth_getBlockByNumber").length).toBeLessThan(4);
    await one.stop();
    await rpc.stop();
  }, 10_000);

  test("an RPC that is behind after the work is done: the claim is looked for again, and the result delivered", async () => {
    const rpc = startRpcProxy(world.rpcUrl);
    const compute = { taskTimeout: "1s" };
    const one = node(0, {
      rpcUrl: rpc.url,
      pipeline: true,
      written: written(undefined, compute),
      answer: () => {
        let lies = 1;
        rpc.misbehave(({ id, method, params }) => {
          const call = JSON.stringify(params);
          if (method !== "eth_call" || !call.includes(HAS_CLAIMED) || lies-- <= 0) return undefined;
          return Response.json({ jsonrpc: "2.0", id, result: `0x${"0".repeat(64)}` });
        });
        return "42";
      },
    }).start();
    const id = await world.submitV2(textTask());
    await until(async () => ((await results(id)) as unknown[]).length === 1, 12_000);
    expect(one.chain.asked.filter((key) => key.endsWith("/claim"))).toHaveLength(1);
    await one.stop();
    await rpc.stop();
  }, 15_000);
});

describe("the life of a task in V2", () => {
  test("three nodes agree and are paid; each result is where the requester finds it", async () => {
    const three = [0, 1, 2].map((index) => node(index).start());
    const before = await Promise.all(NODES.map((address) => world.client.getBalance({ address })));
    const id = await world.submitV2(textTask());
    await until(() => three.every((one) => one.ended() === 1), 6_000);
    expect(three.map((one) => one.reasons())).toEqual([["paid 0.01 ETH"], ["paid 0.01 ETH"], ["paid 0.01 ETH"]]);
    expect(await results(id)).toMatchObject([1, 2, 3].map(() => ({ resultHash: hashOf("42"), rewarded: true })));
    const job = `${CHAIN_ID}/${world.v2}/${id}`;
    for (const [index, one] of three.entries()) {
      expect(one.earnings).toMatchObject([{ network: "oarn", job, model: "tiny", kind: "reward", asset: "ETH" }]);
      expect(one.earnings[0]?.amount).toBe(parseEther("0.01"));
      expect(await world.client.getBalance({ address: NODES[index]! })).toBeGreaterThan(before[index]!);
      expect(one.calls).toMatchObject([
        { temperature: 0, seed: 0, prompt: [{ role: "user", content: "What is six times seven?" }] },
      ]);
      expect(one.chain.asked).toEqual([`oarn/${job}/claim`, `oarn/${job}/submit`]);
    }
    expect([...ipfs.content.values()].map((bytes) => new TextDecoder().decode(bytes))).toContain("42");
  }, 10_000);

  test("what is over is no open task any more, and is not read again", async () => {
    const three = [0, 1, 2].map((index) => node(index).start());
    await world.submitV2(textTask());
    await until(() => three.every((one) => one.ended() === 1), 6_000);
    const open = (one: OarnNode) => one.session.status().find(({ name }) => name === "open tasks")?.value;
    await until(() => three.every((one) => open(one) === "0"), 6_000);
    expect(three.map((one) => one.records().length)).toEqual([1, 1, 1]);
  }, 10_000);

  test("logs that come later than the state they tell of: what was paid is not called unpaid", async () => {
    const proxy = startRpcProxy(world.rpcUrl);
    let late = 3;
    proxy.misbehave((call) => (isPayment(call) && late-- > 0 ? noLogs(call) : undefined));
    const one = node(0, { rpcUrl: proxy.url }).start();
    for (const index of [1, 2]) node(index).start();
    await world.submitV2(textTask());
    await until(() => one.ended() === 1, 6_000);
    expect(one.reasons()).toEqual(["paid 0.01 ETH"]);
    expect(late).toBeLessThan(0);
    await one.stop();
    await proxy.stop();
  }, 10_000);

  test("a payment of which nothing is to be seen for ten minutes was not made", async () => {
    const proxy = startRpcProxy(world.rpcUrl);
    let looks = 0;
    proxy.misbehave((call) => (isPayment(call) && ++looks ? noLogs(call) : undefined));
    let ahead = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + ahead };
    const one = node(0, { rpcUrl: proxy.url, clock }).start();
    for (const index of [1, 2]) node(index).start();
    await world.submitV2(textTask());
    await until(() => looks > 2, 6_000);
    expect(one.ended()).toBe(0);
    ahead = 10 * 60 * 1000;
    await until(() => one.ended("unpaid") === 1, 6_000);
    await one.stop();
    await proxy.stop();
  }, 10_000);

  test("a dissenter with another model is not paid, and is told why", async () => {
    const [a, b, c] = [node(0), node(1), node(2, { answer: () => "41" })].map((one) => one.start());
    await world.submitV2(textTask());
    await until(() => [a, b, c].every((one) => one?.ended() === 1), 6_000);
    expect([a, b, c].map((one) => one?.ended("settled"))).toEqual([1, 1, 0]);
    expect(c?.reasons()).toEqual(["the nodes agreed on another result"]);
    expect(c?.earnings).toEqual([]);
  }, 10_000);

  test("no consensus is a dispute; what its owner decides is what is paid, without an event of consensus", async () => {
    const three = ["a", "b", "c"].map((word, index) => node(index, { answer: () => word }).start());
    const id = await world.submitV2(textTask());
    await until(async () => ((await results(id)) as unknown[]).length === 3, 6_000);
    expect(three.map((one) => one.ended())).toEqual([0, 0, 0]);
    await world.write("TaskRegistryV2", world.v2, "resolveDispute", [id, hashOf("b")]);
    await until(() => three.every((one) => one.ended() === 1), 6_000);
    expect(three.map((one) => one.ended("settled"))).toEqual([0, 1, 0]);
  }, 10_000);

  test("a refunded dispute is seen although nothing is said of it", async () => {
    const three = ["a", "b", "c"].map((word, index) => node(index, { answer: () => word }).start());
    const id = await world.submitV2(textTask());
    await until(async () => ((await results(id)) as unknown[]).length === 3, 6_000);
    await world.passTime(3601);
    await world.write("TaskRegistryV2", world.v2, "refundDisputedTask", [id]);
    await until(() => three.every((one) => one.ended("unpaid") === 1), 6_000);
    expect(three[0]?.reasons()[0]).toContain("cancelled");
  }, 10_000);

  test("a deadline that passes ends the wait, since V2 has no status for it", async () => {
    const one = node(0).start();
    const id = await world.submitV2({ ...textTask(), deadline: 3600n });
    await until(async () => ((await results(id)) as unknown[]).length === 1, 6_000);
    expect(one.ended()).toBe(0);
    await world.passTime(3601);
    await until(() => one.ended("unpaid") === 1, 6_000);
    expect(one.reasons()[0]).toContain("deadline passed with 1 of 3 results");
  }, 10_000);

  test("a task that pays too little is taken once somebody funds it", async () => {
    const one = node(0, { written: written(undefined, { minReward: "0.02" }) }).start();
    const id = await world.submitV2(textTask());
    await until(() => one.session.skips()[0]?.reason === "it pays 0.01 ETH", 6_000);
    expect(one.disk.size).toBe(0);
    await world.write("TaskRegistryV2", world.v2, "fundTask", [id], REQUESTER, parseEther("0.06"));
    await until(async () => ((await results(id)) as unknown[]).length === 1, 6_000);
  }, 10_000);

  test("a batch is answered input by input, and its aggregated hash is submitted", async () => {
    const modelCid = ipfs.put(new Uint8Array([8, ...new Array(200).fill(1)]));
    const params = vectors.batch.items.map((item) => `{"id":${item.input_id},"params":${item.params_json}}`);
    const inputCid = ipfs.put(
      `{"version":"1.0","type":"batch_input_manifest","model_cid":"x","inputs":[${params}],"total_count":2,"checksum":""}`,
    );
    const asked: string[] = [];
    const compute = {
      frameworks: ["onnx"],
      async check() {},
      open: async () => ({
        async run(input: Uint8Array) {
          asked.push(new TextDecoder().decode(input));
          return new Uint8Array(Buffer.from(vectors.batch.items[asked.length - 1]?.output_json ?? ""));
        },
        close() {},
      }),
    };
    const one = node(0, { compute }).start();
    const id = await world.submitV2({
      modelHash: cidHash(modelCid),
      inputHash: cidHash(inputCid),
      requirements: JSON.stringify({ framework: "onnx", model_cid: modelCid, input_cid: inputCid }),
    });
    await until(async () => ((await results(id)) as unknown[]).length === 1, 6_000);
    expect(asked).toEqual(vectors.batch.items.map((item) => item.params_json));
    expect(await results(id)).toMatchObject([{ resultHash: vectors.batch.aggregated }]);
    await until(() => one.session.status().some(({ name, value }) => name === "awaiting settlement" && value === "1"));
  }, 10_000);
});

describe("through the pipeline of all networks", () => {
  test("three nodes, one of which has another model", async () => {
    const three = ["42", "42", "41"].map((word, index) => node(index, { pipeline: true, answer: () => word }).start());
    await world.submitV2(textTask());
    await until(() => three.every((one) => one.ended() === 1), 8_000);
    expect(three.map((one) => one.ended("settled"))).toEqual([1, 1, 0]);
    expect(three[2]?.reasons()).toEqual(["the nodes agreed on another result"]);
  }, 10_000);

  test("a node that is stopped and begun again goes on", async () => {
    const one = node(0, { pipeline: true }).start();
    const id = await world.submitV2(textTask());
    await until(() => one.records()[0]?.step === "settle", 8_000);
    await one.restart();
    for (const other of [1, 2]) node(other).start();
    await until(() => one.ended("settled") === 1, 8_000);
    expect(one.chain.asked).toEqual([]);
    expect(one.earnings).toMatchObject([{ job: `${CHAIN_ID}/${world.v2}/${id}` }]);
  }, 20_000);
});

describe("V1", () => {
  test("whoever submits is paid, and its other status numbers and event are read right", async () => {
    const two = [0, 1].map((index) => node(index, { written: written({ taskRegistry: [world.v1] }) }).start());
    await world.submitV1({ ...textTask(), nodes: 2n });
    await until(() => two.every((one) => one.ended("settled") === 1), 6_000);
    expect(two.map((one) => one.earnings[0]?.amount)).toEqual([parseEther("0.01"), parseEther("0.01")]);
  }, 10_000);

  test("who has delivered to a task that expires is not paid", async () => {
    const one = node(0, { written: written({ taskRegistry: [world.v1] }) }).start();
    const id = await world.submitV1({ ...textTask(), nodes: 2n, deadline: 3600n });
    await until(() => [...one.disk.values()].some(({ record }) => record.step === "settle"), 6_000);
    await world.passTime(3601);
    await world.write("TaskRegistry", world.v1, "expireTask", [id]);
    await until(() => one.ended("unpaid") === 1, 6_000);
    expect(one.earnings).toEqual([]);
  }, 10_000);
});

describe("several registries", () => {
  test("tasks of one number in three registries are three jobs", async () => {
    const other = await world.deploy("TaskRegistryV2", [world.token]);
    const contracts = { taskRegistryV2: [world.v2, other], taskRegistry: [world.v1] };
    const one = node(0, { written: written(contracts) }).start();
    const task = textTask();
    await world.submitV2(task);
    await world.submitV2({ ...task, registry: other });
    await world.submitV1({ ...task, nodes: 1n });
    await until(() => one.disk.size === 3 && one.ended("settled") === 1, 6_000);
    await until(() => [...one.disk.values()].filter(({ record }) => record.step === "settle").length === 2, 6_000);
    expect([...one.disk.keys()].sort()).toEqual(
      [world.v2, other, world.v1].map((address) => `${CHAIN_ID}/${address}/1`).sort(),
    );
  }, 10_000);
});

describe("after a crash", () => {
  for (const step of ["match", "claim", "input", "run", "output", "submit", "settle"] as const) {
    test(`right before ${step}: one claim, one submission, one hash`, async () => {
      let word = 42;
      const one = node(0, { answer: () => String(word++) });
      one.jobs!.killBefore = step;
      one.start();
      const id = await world.submitV2(textTask());
      await until(() => one.jobs!.killed.signal.aborted, 6_000);
      await one.restart();
      await until(() => [...one.disk.values()].some(({ record }) => record.step === "settle"), 6_000);
      expect(await results(id)).toMatchObject([{ resultHash: hashOf("42") }]);
      const claimed = await world.client.getContractEvents({
        address: world.v2,
        abi: world.contract("TaskRegistryV2").abi,
        eventName: "TaskClaimed",
        fromBlock: 0n,
      });
      expect(claimed).toHaveLength(1);
    }, 10_000);
  }

  test("a disk that is lost: a claim of ours is found on the chain, however many others have claimed", async () => {
    const task = textTask();
    const id = await world.submitV2(task);
    for (const address of [NODES[0]!, NODES[1]!, NODES[2]!, OWNER, REQUESTER])
      await world.write("TaskRegistryV2", world.v2, "claimTask", [id], address);
    const one = node(0).start();
    await until(async () => ((await results(id)) as unknown[]).length === 1, 6_000);
    expect(one.chain.asked).toEqual([`oarn/${CHAIN_ID}/${world.v2}/${id}/submit`]);
  }, 10_000);
});

describe("what can be in the way", () => {
  test("a result that cannot be stored is not submitted", async () => {
    ipfs.failing = true;
    const one = node(0).start();
    const id = await world.submitV2(textTask());
    await until(() => one.reasons()[0] === "the IPFS node is full", 6_000);
    expect(await results(id)).toEqual([]);
    ipfs.failing = false;
    await until(async () => ((await results(id)) as unknown[]).length === 1 || one.ended("failed") === 1, 6_000);
  }, 10_000);

  test("a paused registry is waited for", async () => {
    await world.write("TaskRegistryV2", world.v2, "pause", []);
    const one = node(0).start();
    await until(
      () => one.session.status().some(({ name, value }) => name === "last look" && value !== "none yet"),
      20_000,
    );
    await world.write("TaskRegistryV2", world.v2, "unpause", []);
    const id = await world.submitV2(textTask());
    await until(async () => ((await results(id)) as unknown[]).length === 1, 6_000);
    expect(one.ended()).toBe(0);
  }, 10_000);

  test("content that nobody has, or that is not what the hash stands for, is never claimed, and never made up", async () => {
    const one = node(0, { models: ["tiny"] }).start();
    const task = textTask();
    const other = ipfs.put("something else");
    await world.submitV2({ ...task, requirements: '{"framework":"text","model":"tiny"}' });
    await world.submitV2({
      ...task,
      requirements: task.requirements.replace(/"input_cid":"[^"]+"/, `"input_cid":"${other}"`),
    });
    // Not merely two: between two blocks the chain may count a task that it does not show yet, which is a skip as well.
    const said = (part: string) => one.session.skips().some(({ reason }) => reason.includes(part));
    await until(() => said("is not what its hash stands for") && said("no CID for its hash is known"), 6_000);
    expect(one.session.skips()).toHaveLength(2);
    expect(one.chain.asked).toEqual([]);
    expect(one.session.status().filter(({ name }) => name === "skipped")).toHaveLength(2);
  }, 10_000);

  test("a digest in the place of a CID's hash is resolved, and so is what another node announced", async () => {
    const one = node(0).start();
    const modelCid = ipfs.put("tiny");
    const inputCid = ipfs.put("hi");
    const { base58 } = await import("@scure/base");
    const digest = `0x${Buffer.from(base58.decode(modelCid).slice(2)).toString("hex")}` as const;
    const id = await world.submitV2({
      modelHash: digest,
      inputHash: cidHash(inputCid),
      requirements: '{"framework":"text"}',
    });
    await until(() => one.session.skips()[0]?.reason.includes("input") === true, 6_000);
    one.session.hints.heard({ modelHash: digest, inputHash: cidHash(inputCid), inputCid });
    await until(async () => ((await results(id)) as unknown[]).length === 1, 6_000);
  }, 10_000);

  test("hostile tasks: a megabyte of requirements, a bomb, no hashes, a deadline at hand; each is a reason, and others go on", async () => {
    const one = node(0).start();
    const task = textTask();
    await world.submitV2({ ...task, requirements: `{"a":"${"x".repeat(20_000)}"}` });
    await world.submitV2({ ...task, requirements: "[".repeat(10_000) });
    await world.submitV2({ ...task, inputHash: `0x${"00".repeat(32)}` });
    await world.submitV2({ ...task, deadline: 300n });
    await world.submitV2({ ...task, requirements: task.requirements.replace("text", "pytorch") });
    await world.submitV2({ ...task, requirements: task.requirements.replace("tiny", "huge\\u001b[31m") });
    const id = await world.submitV2(task);
    await until(async () => ((await results(id)) as unknown[]).length === 1, 6_000);
    const said = () => one.session.skips().map(({ reason }) => reason);
    const parts = ["too long", "names no input", "deadline is in", "pytorch", "no model server has huge"];
    await until(() => said().length === 6 && parts.every((part) => said().join("\n").includes(part)), 6_000);
    expect(said().join("")).not.toContain("\u001b");
    expect(one.disk.size).toBe(1);
  }, 10_000);

  test("a registry that lies about its tasks spoils nothing for the others", async () => {
    const lying = await world.deploy("LyingRegistry");
    const one = node(0, { written: written({ taskRegistryV2: [lying, world.v2] }) }).start();
    const id = await world.submitV2(textTask());
    await until(async () => ((await results(id)) as unknown[]).length === 1, 6_000);
    expect(one.session.health().reasons.join()).toContain("more tasks than there can be");
  }, 10_000);

  test("an RPC that fails in between loses no job", async () => {
    const one = node(0).start();
    const id = await world.submitV2(textTask());
    await until(() => one.disk.size === 1, 6_000);
    one.chain.broken = new Error("RPC example: gone");
    await Bun.sleep(15);
    one.chain.broken = undefined;
    await until(async () => ((await results(id)) as unknown[]).length === 1 || one.ended() === 1, 6_000);
    expect(await results(id)).toHaveLength(1);
  }, 10_000);
});

describe("a claim by hand", () => {
  test("of what the node has declined is found and finished all the same", async () => {
    const one = node(0, { pipeline: true }).start();
    // Gas is cheap as long as the task is looked for.
    const estimate = one.chain.estimate.bind(one.chain);
    let asked = 0;
    one.chain.estimate = async (intent) => ({ ...(await estimate(intent)), cost: ++asked > 2 ? parseEther("1") : 1n });
    const id = await world.submitV2(textTask());
    await until(() => one.ended("declined") === 1, 6_000);
    one.chain.estimate = estimate;
    const registry = new TaskRegistry(CHAIN_ID, world.v2, v2);
    new Orders(one.state, CLAIMED).add(registry, id);
    await world.write("TaskRegistryV2", world.v2, "claimTask", [id], NODES[0]);
    await until(async () => ((await results(id)) as unknown[]).length === 1, 6_000);
    await until(() => new Orders(one.state, CLAIMED).of(registry).length === 0, 6_000);
  }, 15_000);

  test("that was never made is forgotten with its task", async () => {
    const one = node(0, { written: written(undefined, { minReward: "5" }) }).start();
    const id = await world.submitV2({ ...textTask(), deadline: 7200n });
    const registry = new TaskRegistry(CHAIN_ID, world.v2, v2);
    new Orders(one.state, CLAIMED).add(registry, id);
    await until(() => one.session.skips().length === 1, 6_000);
    expect(new Orders(one.state, CLAIMED).of(registry)).toEqual([id]);
    await world.passTime(7201);
    await until(() => new Orders(one.state, CLAIMED).of(registry).length === 0, 6_000);
    expect(one.chain.asked).toEqual([]);
  }, 15_000);
});
