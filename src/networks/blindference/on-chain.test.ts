// Staking, registration and the heartbeat on chain, with contracts that keep the documented rules.
import { expect, test } from "bun:test";
import { parseEther } from "viem";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { FakeNetworkState } from "../../../test/fakes/network-state.ts";
import { useStand } from "../../../test/sandbox/blindference/stand.ts";
import type { Certificate } from "./certificate.ts";
import { beatIfDue } from "./chain-heartbeat.ts";
import { BLIND_TOKEN } from "./contracts/addresses.ts";
import type { ChainReads } from "./contracts/read.ts";
import { balanceOf, stakeOf, standingOf } from "./contracts/reads.ts";
import { registerStep } from "./on-chain.ts";
import { watchStake } from "./stake-watch.ts";
import { unstakeSteps, withdrawSteps } from "./staking.ts";

const never = new AbortController().signal;
const blind = parseEther;
const stand = useStand();
let deeds = 0;
const deed = () => `test/${++deeds}`;
const unstake = async () => stand.carryOut(await unstakeSteps(stand.chain, deed()));
const withdraw = async () => stand.carryOut(await withdrawSteps(stand.chain, deed()));
const register = async (certificate: Certificate, models: readonly string[]) => {
  const step = await registerStep(stand.chain, certificate, models);
  await stand.carryOut(step ? [step] : []);
  return step;
};
const staked = async () => (await stakeOf(stand.chain, stand.address)).staked;

test("a stake is approved and paid in, each time 1000 BLIND at least, and one wish is carried out once", async () => {
  await stand.rig.fund(stand.address, blind("5000"));
  await expect(stand.stake(blind("999"))).rejects.toThrow("1000 BLIND at least");
  const wish = deed();
  await stand.stake(blind("1000"), wish);
  await stand.stake(blind("1000"), wish);
  expect(await staked()).toBe(blind("1000"));
  await expect(stand.stake(1n)).rejects.toThrow("1000 BLIND at least");
  await stand.stake(blind("1500"));
  expect(await staked()).toBe(blind("2500"));
  expect(await balanceOf(stand.chain, BLIND_TOKEN, stand.address)).toBe(blind("2500"));
  await expect(stand.stake(blind("3000"))).rejects.toThrow("the account has 2500 BLIND");
});

test("unstaking takes 96 hours, to the second, and what it would be refused for is said before", async () => {
  await stand.rig.fund(stand.address, blind("1000"));
  await expect(unstake()).rejects.toThrow("there is no stake");
  await expect(withdraw()).rejects.toThrow("nothing is being unstaked");
  await stand.stake(blind("1000"));
  await unstake();
  const info = await stakeOf(stand.chain, stand.address);
  expect(info).toMatchObject({ staked: 0n, unbonding: blind("1000"), active: false });
  await expect(unstake()).rejects.toThrow("under way");
  await stand.later(345_600 - 100);
  await expect(withdraw()).rejects.toThrow("it can be withdrawn at ");
  await stand.later(100);
  await withdraw();
  expect(await balanceOf(stand.chain, BLIND_TOKEN, stand.address)).toBe(blind("1000"));
});

test("a node registers once, with what the contract wants to be paid", async () => {
  const certificate = { hash: `0x${"ab".repeat(16)}`, expires: 2_000_000_000_000, tier: 0 };
  await stand.rig.write("NodeRegistry", "setMinStake", [parseEther("0.01")]);
  expect((await standingOf(stand.chain, stand.address)).registered).toBe(false);
  expect(await register(certificate, ["facebook/opt-125m"])).toBeDefined();
  expect(await register(certificate, ["facebook/opt-125m"])).toBeUndefined();
  const record = await stand.rig.read("NodeRegistry", "getNode", [stand.address]);
  expect(record).toMatchObject({
    attestationHash: `0x${"ab".repeat(16)}${"0".repeat(32)}`,
    models: ["facebook/opt-125m"],
  });
  await stand.rig.write("NodeRegistry", "setMinStake", [0n]);
});

test("the heartbeat on chain goes by the wall clock, over restarts, and only of a node that is registered", async () => {
  const clock = new FakeClock((await stand.seconds()) * 1000);
  const state = new FakeNetworkState(clock);
  const ports = () => ({ chain: stand.chain, state, clock, log: new FakeLog() });
  const everyMs = 10 * 24 * 60 * 60 * 1000;
  expect(await beatIfDue(ports(), everyMs, never)).toBe(false);
  await register({ hash: "0xab", expires: 2_000_000_000_000, tier: 0 }, []);
  expect(await beatIfDue(ports(), everyMs, never)).toBe(false);
  await stand.later(everyMs / 1000);
  clock.jump((await stand.seconds()) * 1000 - clock.now());
  expect(await beatIfDue(ports(), everyMs, never)).toBe(true);
  expect(await beatIfDue(ports(), everyMs, never)).toBe(false);
  await stand.later(everyMs / 1000 + 5);
  clock.jump((await stand.seconds()) * 1000 - clock.now());
  expect(await beatIfDue(ports(), everyMs, never)).toBe(true);
});

test.each([3600, -3600, 86_400])("attack: a clock that is %d seconds wrong makes no more heartbeats", async (wrong) => {
  const clock = new FakeClock(((await stand.seconds()) + wrong) * 1000);
  const ports = { chain: stand.chain, state: new FakeNetworkState(clock), clock, log: new FakeLog() };
  await register({ hash: "0xab", expires: 2_000_000_000_000, tier: 0 }, []);
  const tenDays = 10 * 24 * 60 * 60 * 1000;
  expect(await beatIfDue(ports, tenDays, never)).toBe(false);
  await stand.later(tenDays / 1000);
  clock.jump(tenDays);
  expect(await beatIfDue(ports, tenDays, never)).toBe(true);
  for (let looks = 0; looks < 3; looks++) {
    await stand.later(600);
    clock.jump(600_000);
    expect(await beatIfDue(ports, tenDays, never)).toBe(false);
  }
});

test("what happens to the stake is logged: what the operator did, failures that were counted, and a stake that was taken", async () => {
  const clock = new FakeClock();
  const log = new FakeLog();
  const stop = new AbortController();
  let reads = 0;
  const chain: ChainReads = { read: (work) => stand.chain.read(work).finally(() => reads++) };
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
  const watching = watchStake({ chain, node: stand.address, clock, log }, 1000, stop.signal);
  await looked(1);
  await stand.rig.fund(stand.address, blind("2000"));
  await stand.stake(blind("1000"));
  expect(await looks()).toEqual([["info", "1000", 0, "the stake changed"]]);
  expect(await looks()).toEqual([]);
  await stand.rig.write("BlindferenceStaking", "recordFailure", [stand.address]);
  const counted = "a failure was counted against this node; the third in a row takes the stake";
  expect(await looks()).toEqual([["warn", "1000", 1, counted]]);
  await unstake();
  expect(await looks()).toEqual([["info", "0", 1, "the stake changed"]]);
  await stand.stake(blind("1000"));
  await looks();
  for (let i = 0; i < 2; i++) await stand.rig.write("BlindferenceStaking", "recordFailure", [stand.address]);
  expect(await looks()).toEqual([["error", "0", 0, "stake was taken from this node"]]);
  stop.abort();
  await watching;
});
