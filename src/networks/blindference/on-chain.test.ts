// Staking, registration, heartbeat and the record of availability, on a chain with contracts that keep the documented rules.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { parseEther } from "viem";
import { accountOf } from "../../../test/fakes/blindference-account.ts";
import { nodeIn, World } from "../../../test/fakes/blindference-world.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { FakeNetworkState } from "../../../test/fakes/network-state.ts";
import { type BlindferenceRig, STORE, startBlindferenceRig } from "../../../test/sandbox/blindference/rig.ts";
import { type ChainHome, openChain } from "../../../test/sandbox/chain-rig.ts";
import { parseAddress } from "../../core/address.ts";
import { jobRecords } from "../jobs/job-book.ts";
import type { Certificate } from "./certificate.ts";
import { beatIfDue } from "./chain-heartbeat.ts";
import { BLIND_TOKEN } from "./contracts/addresses.ts";
import { balanceOf, type ChainReads, isAvailable, stakeOf, standingOf } from "./contracts/reads.ts";
import { Leading } from "./jobs/leading.ts";
import { availabilityStep, registerStep } from "./on-chain.ts";
import { watchStake } from "./stake-watch.ts";
import { type Step, stakeSteps, unstakeSteps, withdrawSteps } from "./staking.ts";

const never = new AbortController().signal;
const blind = parseEther;
let rig: BlindferenceRig;
let node: ReturnType<typeof openChain> & { key: string };
let home: ChainHome;
let deeds = 0;

beforeAll(async () => {
  rig = await startBlindferenceRig();
});
afterAll(() => rig.stop());
beforeEach(async () => {
  home = await rig.home();
  node = { ...openChain(home, { rpcUrls: [rig.url] }), key: home.key.slice(2) };
});
afterEach(() => node.close());

const deed = () => `test/${++deeds}`;
const address = () => node.chain.account;
const carryOut = async (steps: readonly Step[]) => {
  for (const { intent } of steps) await node.chain.send(intent, never);
};
const stake = async (amount: bigint, wish = deed()) => carryOut(await stakeSteps(node.chain, amount, wish));
const unstake = async () => carryOut(await unstakeSteps(node.chain, deed()));
const withdraw = async () => carryOut(await withdrawSteps(node.chain, deed()));
const register = async (certificate: Certificate, models: readonly string[]) => {
  const step = await registerStep(node.chain, certificate, models);
  await carryOut(step ? [step] : []);
  return step;
};
const seconds = async () => Number((await rig.client.getBlock()).timestamp);
const staked = async () => (await stakeOf(node.chain, address())).staked;

async function later(by: number): Promise<void> {
  await rig.client.increaseTime({ seconds: by });
  await rig.client.mine({ blocks: 1 });
}

test("a stake is approved and paid in, each time 1000 BLIND at least, and one wish is carried out once", async () => {
  await rig.fund(address(), blind("5000"));
  await expect(stake(blind("999"))).rejects.toThrow("1000 BLIND at least");
  const wish = deed();
  await stake(blind("1000"), wish);
  await stake(blind("1000"), wish);
  expect(await staked()).toBe(blind("1000"));
  await expect(stake(1n)).rejects.toThrow("1000 BLIND at least");
  await stake(blind("1500"));
  expect(await staked()).toBe(blind("2500"));
  expect(await balanceOf(node.chain, BLIND_TOKEN, address())).toBe(blind("2500"));
  await expect(stake(blind("3000"))).rejects.toThrow("the account has 2500 BLIND");
});

test("unstaking takes 96 hours, to the second, and what it would be refused for is said before", async () => {
  await rig.fund(address(), blind("1000"));
  await expect(unstake()).rejects.toThrow("there is no stake");
  await expect(withdraw()).rejects.toThrow("nothing is being unstaked");
  await stake(blind("1000"));
  await unstake();
  const info = await stakeOf(node.chain, address());
  expect(info).toMatchObject({ staked: 0n, unbonding: blind("1000"), active: false });
  await expect(unstake()).rejects.toThrow("under way");
  await later(345_600 - 100);
  await expect(withdraw()).rejects.toThrow("it can be withdrawn at ");
  await later(100);
  await withdraw();
  expect(await balanceOf(node.chain, BLIND_TOKEN, address())).toBe(blind("1000"));
});

test("a node registers once, with what the contract wants to be paid", async () => {
  const certificate = { hash: `0x${"ab".repeat(16)}`, expires: 2_000_000_000_000, tier: 0 };
  await rig.write("NodeRegistry", "setMinStake", [parseEther("0.01")]);
  expect((await standingOf(node.chain, address())).registered).toBe(false);
  expect(await register(certificate, ["facebook/opt-125m"])).toBeDefined();
  expect(await register(certificate, ["facebook/opt-125m"])).toBeUndefined();
  const record = await rig.read("NodeRegistry", "getNode", [address()]);
  expect(record).toMatchObject({
    attestationHash: `0x${"ab".repeat(16)}${"0".repeat(32)}`,
    models: ["facebook/opt-125m"],
  });
  await rig.write("NodeRegistry", "setMinStake", [0n]);
});

test("the heartbeat on chain goes by the wall clock, over restarts, and only of a node that is registered", async () => {
  const clock = new FakeClock((await seconds()) * 1000);
  const state = new FakeNetworkState(clock);
  const ports = () => ({ chain: node.chain, state, clock, log: new FakeLog() });
  const everyMs = 10 * 24 * 60 * 60 * 1000;
  expect(await beatIfDue(ports(), everyMs, never)).toBe(false);
  await register({ hash: "0xab", expires: 2_000_000_000_000, tier: 0 }, []);
  expect(await beatIfDue(ports(), everyMs, never)).toBe(false);
  await later(everyMs / 1000);
  clock.jump((await seconds()) * 1000 - clock.now());
  expect(await beatIfDue(ports(), everyMs, never)).toBe(true);
  expect(await beatIfDue(ports(), everyMs, never)).toBe(false);
  await later(everyMs / 1000 + 5);
  clock.jump((await seconds()) * 1000 - clock.now());
  expect(await beatIfDue(ports(), everyMs, never)).toBe(true);
});

test.each([3600, -3600, 86_400])("attack: a clock that is %d seconds wrong makes no more heartbeats", async (wrong) => {
  const clock = new FakeClock(((await seconds()) + wrong) * 1000);
  const ports = { chain: node.chain, state: new FakeNetworkState(clock), clock, log: new FakeLog() };
  await register({ hash: "0xab", expires: 2_000_000_000_000, tier: 0 }, []);
  const tenDays = 10 * 24 * 60 * 60 * 1000;
  expect(await beatIfDue(ports, tenDays, never)).toBe(false);
  await later(tenDays / 1000);
  clock.jump(tenDays);
  expect(await beatIfDue(ports, tenDays, never)).toBe(true);
  for (let looks = 0; looks < 3; looks++) {
    await later(600);
    clock.jump(600_000);
    expect(await beatIfDue(ports, tenDays, never)).toBe(false);
  }
});

test("the record of availability is taken by the contract, and lasts 30 days", async () => {
  const account = accountOf(node.key);
  expect(await isAvailable(node.chain, address())).toBe(false);
  const certificate = { hash: `0x${"cd".repeat(16)}`, expires: 0, tier: 0 };
  await carryOut([availabilityStep(account, certificate, await seconds())]);
  expect(await isAvailable(node.chain, address())).toBe(true);
  await later(30 * 24 * 60 * 60 + 60);
  expect(await isAvailable(node.chain, address())).toBe(false);
  await carryOut([availabilityStep(account, certificate, await seconds())]);
  expect(await isAvailable(node.chain, address())).toBe(true);
});

test("what happens to the stake is logged: what the operator did, failures that were counted, and a stake that was taken", async () => {
  const clock = new FakeClock();
  const log = new FakeLog();
  const stop = new AbortController();
  let reads = 0;
  const chain: ChainReads = { read: (work) => node.chain.read(work).finally(() => reads++) };
  const looked = async (times: number) => {
    while (reads < times) await Bun.sleep(5);
    // What follows from the answer.
    await Bun.sleep(5);
  };
  const looks = async () => {
    const next = reads + 1;
    await clock.advance(1000);
    await looked(next);
    return log.lines.splice(0).map(({ level, fields, message }) => [level, fields.staked, fields.failures, message]);
  };
  const watching = watchStake({ chain, node: address(), clock, log }, 1000, stop.signal);
  await looked(1);
  await rig.fund(address(), blind("2000"));
  await stake(blind("1000"));
  expect(await looks()).toEqual([["info", "1000", 0, "the stake changed"]]);
  expect(await looks()).toEqual([]);
  await rig.write("BlindferenceStaking", "recordFailure", [address()]);
  const counted = "a failure was counted against this node; the third in a row takes the stake";
  expect(await looks()).toEqual([["warn", "1000", 1, counted]]);
  await unstake();
  expect(await looks()).toEqual([["info", "0", 1, "the stake changed"]]);
  await stake(blind("1000"));
  await looks();
  for (let i = 0; i < 2; i++) await rig.write("BlindferenceStaking", "recordFailure", [address()]);
  expect(await looks()).toEqual([["error", "0", 0, "stake was taken from this node"]]);
  stop.abort();
  await watching;
});

test("two failures in a row, or claims that are open, and this node claims nothing that could be the third", async () => {
  const clock = new FakeClock();
  const state = new FakeNetworkState(clock);
  const leading = new Leading({
    ...{ node: address(), chain: node.chain, state, clock },
    ...{ cofhe: undefined, promptKeyStore: undefined, canUpload: true },
  });
  const fail = () => rig.write("BlindferenceStaking", "recordFailure", [address()]);
  await fail();
  await fail();
  // There is nothing to lose yet.
  expect(await leading.claim("a")).toBeUndefined();
  leading.over("a");
  await rig.fund(address(), blind("1000"));
  await stake(blind("1000"));
  expect(await leading.claim("a")).toContain("2 failures in a row");
  // The third: it is gone, and the contract counts from nought.
  await fail();
  expect(await staked()).toBe(0n);
  await rig.fund(address(), blind("1000"));
  await stake(blind("1000"));
  expect(await leading.claim("a")).toBeUndefined();
  expect(await leading.claim("b")).toBeUndefined();
  // Claimed again it is the same claim.
  expect(await leading.claim("a")).toBeUndefined();
  expect(await leading.claim("c")).toContain("2 claims open");
  // One that may stand already is kept, whatever has failed meanwhile.
  await fail();
  expect(await leading.claim("a")).toBeUndefined();
  expect(leading.mayHaveClaimed("c")).toBe(false);
  leading.over("a");
  leading.over("b");
  expect(await leading.claim("c")).toBeUndefined();
});

test("attack: jobs that all come at once, so that each claim is the second and the last is the fourth", async () => {
  const clock = new FakeClock();
  const leading = new Leading({
    ...{ node: address(), chain: node.chain, state: new FakeNetworkState(clock), clock },
    ...{ cofhe: undefined, promptKeyStore: undefined, canUpload: true },
  });
  await rig.fund(address(), blind("1000"));
  await stake(blind("1000"));
  const answers = await Promise.all(["a", "b", "c", "d"].map((job) => leading.claim(job)));
  expect(answers.filter((risk) => risk === undefined)).toHaveLength(2);
});

test("attack: a leader that can pay for no key, or not within the day's gas, does not lead", async () => {
  const clock = new FakeClock();
  const state = new FakeNetworkState(clock);
  const unused = () => Promise.reject(new Error("nothing is decrypted or encrypted here"));
  const cofhe = { provable: true, cannotEncrypt: async () => undefined, decrypt: unused, encrypt: unused };
  const leading = (chain = node.chain) =>
    new Leading({ node: address(), cofhe, chain, promptKeyStore: parseAddress(STORE), canUpload: true, state, clock });
  expect(await leading().refusal()).toBeUndefined();
  const thrifty = openChain(home, { rpcUrls: [rig.url], gasPerDay: parseEther("0.0001") });
  expect((await leading(thrifty.chain).refusal())?.why).toContain("for 24 hours are spent");
  thrifty.close();
  await rig.client.setBalance({ address: address(), value: 1n });
  expect((await leading().refusal())?.why).toContain("may be needed");
});

test("attack: verifiers' jobs whose key only a claim gives, and that nobody decides: the third is not claimed", async () => {
  await rig.fund(address(), blind("1000"));
  await stake(blind("1000"));
  const world = new World();
  const one = nodeIn(world, node.key, {
    settings: { rpcUrls: [rig.url], maxConcurrent: 4 },
    ports: { chain: () => node.chain },
  });
  const [leader, silent] = ["8", "9"].map((key) => accountOf(key.repeat(64)));
  const jobs = await Promise.all(
    [1, 2, 3].map(() => world.job("hm", [leader!, one.account, silent!], { hideHandles: true })),
  );
  for (const job of jobs) {
    job.result = {
      jobId: job.id,
      output_cid: "bafy",
      commitment_hash: "0".repeat(64),
      encrypted_output_key_high: "1",
      encrypted_output_key_low: "1",
    };
  }
  const settled = () => jobRecords(one.state).filter(({ step }) => step === "settle" || step === "ended").length;
  while (settled() < 3) {
    await Bun.sleep(2);
    await world.pass(250);
  }
  expect(jobs.flatMap(({ calls }) => calls.claims)).toHaveLength(2);
  expect(jobRecords(one.state).map(({ reason }) => reason)).toContainEqual(expect.stringContaining("2 claims open"));
  await one.stop();
});
