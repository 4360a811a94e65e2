// The record on chain that lets a node into quorums: written by a command, and kept from ending by a running node.
import { describe, expect, test } from "bun:test";
import { encodeFunctionData, parseAbi } from "viem";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { FakeNetworkState } from "../../../test/fakes/network-state.ts";
import { useStand } from "../../../test/sandbox/blindference/stand.ts";
import { openChain } from "../../../test/sandbox/chain-rig.ts";
import { keepAvailable, notedUntil, noteUntil, renewIfDue } from "./availability.ts";
import { keepCertificate } from "./certificate.ts";
import { CONTRACTS, NOBODY } from "./contracts/addresses.ts";
import { AVAILABILITY } from "./contracts/availability.ts";
import { committedUntil, isAvailable } from "./contracts/reads.ts";
import { availabilityStep } from "./on-chain.ts";

const REVOKE = parseAbi(["function revoke(bytes32 attestationType, address counterparty)"]);
const never = new AbortController().signal;
const stand = useStand();

test("the record of availability is taken by the contract, and lasts 30 days", async () => {
  const account = stand.account;
  expect(await isAvailable(stand.chain, stand.address)).toBe(false);
  const certificate = { hash: `0x${"cd".repeat(16)}`, expires: 0, tier: 0 };
  await stand.carryOut([availabilityStep(account, certificate, await stand.seconds())]);
  expect(await isAvailable(stand.chain, stand.address)).toBe(true);
  await stand.later(30 * 24 * 60 * 60 + 60);
  expect(await isAvailable(stand.chain, stand.address)).toBe(false);
  await stand.carryOut([availabilityStep(account, certificate, await stand.seconds())]);
  expect(await isAvailable(stand.chain, stand.address)).toBe(true);
});

describe("a running node and its record of availability", () => {
  const DAY = 24 * 60 * 60;
  const certificate = { hash: `0x${"cd".repeat(16)}`, expires: 0, tier: 0 };
  const ports = async (more: object = {}) => {
    const clock = new FakeClock((await stand.seconds()) * 1000);
    const state = new FakeNetworkState(clock);
    keepCertificate(state, certificate);
    return { chain: stand.chain, account: stand.account, state, clock, log: new FakeLog(), ...more };
  };
  const written = async (state: FakeNetworkState, from = stand.seconds) => {
    const step = availabilityStep(stand.account, certificate, await from());
    await stand.carryOut([step]);
    noteUntil(state, stand.address, step.until);
    return step.until;
  };

  test("renews it in the last week of its 30 days, once, and none that nobody asked for", async () => {
    const given = await ports();
    expect(await renewIfDue(given, never)).toBeUndefined();
    const first = await written(given.state);
    expect(await renewIfDue(given, never)).toBeUndefined();
    await stand.later(22 * DAY);
    expect(await renewIfDue(given, never)).toBeUndefined();
    await stand.later(2 * DAY);
    const second = await renewIfDue(given, never);
    expect(second).toBeGreaterThan(first + 23 * DAY);
    expect(await committedUntil(stand.chain, stand.address)).toBe(second);
    expect(notedUntil(given.state, stand.address)).toBe(second);
    expect(await renewIfDue(given, never)).toBeUndefined();
    await stand.later(8 * DAY);
    expect(await isAvailable(stand.chain, stand.address)).toBe(true);
  });

  test("after weeks without the node it is written anew; what was revoked is not", async () => {
    const given = await ports();
    await written(given.state);
    await stand.later(40 * DAY);
    expect(await isAvailable(stand.chain, stand.address)).toBe(false);
    expect(await renewIfDue(given, never)).toBeDefined();
    expect(await isAvailable(stand.chain, stand.address)).toBe(true);
    await stand.later(25 * DAY);
    const data = encodeFunctionData({ abi: REVOKE, args: [AVAILABILITY, NOBODY] });
    const intent = {
      key: "revoke",
      network: "blindference",
      job: "",
      model: "",
      to: CONTRACTS.attestationRegistry,
      data,
    };
    await stand.chain.send(intent, never);
    expect(await renewIfDue(given, never)).toBeUndefined();
    expect(await isAvailable(stand.chain, stand.address)).toBe(false);
  });

  test("learns at its start of one that another program wrote, leaves one alone that never ends, and says what keeps it from renewing", async () => {
    const given = await ports();
    const stop = new AbortController();
    await stand.carryOut([availabilityStep(given.account, certificate, await stand.seconds())]);
    await stand.later(25 * DAY);
    const thrifty = openChain(stand.home, { rpcUrls: [stand.rig.url], gasPerDay: 1n });
    const looked = async (keeping: Promise<void>, what: () => boolean) => {
      while (!what()) await Bun.sleep(5);
      stop.abort();
      await keeping;
    };
    await looked(
      keepAvailable({ ...given, chain: thrifty.chain }, 1000, stop.signal),
      () => given.log.lines.length > 0,
    );
    thrifty.close();
    expect(given.log.lines).toMatchObject([
      {
        level: "warn",
        message: "the record on chain is not renewed",
        fields: { error: expect.stringContaining("24 hours") },
      },
    ]);
    const again = new AbortController();
    const before = notedUntil(given.state, stand.address) ?? 0;
    const keeping = keepAvailable(given, 1000, again.signal);
    while ((notedUntil(given.state, stand.address) ?? 0) <= before) await Bun.sleep(5);
    again.abort();
    await keeping;
    expect(given.log.lines.at(-1)).toMatchObject({ level: "info", message: "the record on chain was renewed" });
    noteUntil(given.state, stand.address, 0);
    await stand.later(25 * DAY);
    expect(await renewIfDue(given, never)).toBeUndefined();
  });

  test("killed before it could note what it had sent, it sends no second one, and goes by the end of the first", async () => {
    const given = await ports();
    await written(given.state);
    await stand.later(25 * DAY);
    const noted = given.state.get("availability", stand.address)?.value ?? "";
    const until = await renewIfDue(given, never);
    given.state.set("availability", stand.address, noted);
    await stand.later(2 * DAY);
    const sent = await stand.rig.nonceOf(stand.address);
    expect(await renewIfDue(given, never)).toBe(until);
    expect(await stand.rig.nonceOf(stand.address)).toBe(sent);
  });
});
