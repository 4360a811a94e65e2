// Staking, registration, heartbeat and the record of availability, on a chain with contracts that keep the documented rules.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { parseEther } from "viem";
import { accountOf } from "../../../test/fakes/blindference-account.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { FakeNetworkState } from "../../../test/fakes/network-state.ts";
import { type BlindferenceRig, startBlindferenceRig } from "../../../test/sandbox/blindference/rig.ts";
import { openChain } from "../../../test/sandbox/chain-rig.ts";
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
let deeds = 0;

beforeAll(async () => {
  rig = await startBlindferenceRig();
});
afterAll(() => rig.stop());
beforeEach(async () => {
  const home = await rig.home();
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
  expect(await leading.risk("a")).toBeUndefined();
  await rig.fund(address(), blind("1000"));
  await stake(blind("1000"));
  expect(await leading.risk("a")).toContain("2 failures in a row");
  // The third: it is gone, and the contract counts from nought.
  await fail();
  expect(await staked()).toBe(0n);
  await rig.fund(address(), blind("1000"));
  await stake(blind("1000"));
  expect(await leading.risk("a")).toBeUndefined();
  leading.claiming("a");
  leading.claiming("b");
  expect(await leading.risk("a")).toBeUndefined();
  expect(await leading.risk("c")).toContain("2 claims open");
  leading.delivered("a");
  expect(await leading.risk("c")).toBeUndefined();
});
