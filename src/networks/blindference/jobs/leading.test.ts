// What a leader risks: the stake, by the chain's own count, and the gas for the keys of its answers.
import { expect, test } from "bun:test";
import { parseEther } from "viem";
import { accountOf } from "../../../../test/fakes/blindference-account.ts";
import { nodeIn, World } from "../../../../test/fakes/blindference-world.ts";
import { FakeClock } from "../../../../test/fakes/clock.ts";
import { FakeNetworkState } from "../../../../test/fakes/network-state.ts";
import { STORE } from "../../../../test/sandbox/blindference/rig.ts";
import { useStand } from "../../../../test/sandbox/blindference/stand.ts";
import { openChain } from "../../../../test/sandbox/chain-rig.ts";
import { parseAddress } from "../../../core/address.ts";
import { jobRecords } from "../../jobs/job-book.ts";
import { stakeOf } from "../contracts/reads.ts";
import { Leading } from "./leading.ts";

const stand = useStand();

test("two failures in a row, or claims that are open, and this node claims nothing that could be the third", async () => {
  const clock = new FakeClock();
  const state = new FakeNetworkState(clock);
  const leading = new Leading({
    ...{ node: stand.address, chain: stand.chain, state, clock },
    ...{ cofhe: undefined, promptKeyStore: undefined, canUpload: true },
  });
  const fail = () => stand.rig.write("BlindferenceStaking", "recordFailure", [stand.address]);
  await fail();
  await fail();
  // There is nothing to lose yet.
  expect(await leading.claim("a")).toBeUndefined();
  leading.over("a");
  await stand.staked("1000");
  expect(await leading.claim("a")).toContain("2 failures in a row");
  // The third: it is gone, and the contract counts from nought.
  await fail();
  expect((await stakeOf(stand.chain, stand.address)).staked).toBe(0n);
  await stand.staked("1000");
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
    ...{ node: stand.address, chain: stand.chain, state: new FakeNetworkState(clock), clock },
    ...{ cofhe: undefined, promptKeyStore: undefined, canUpload: true },
  });
  await stand.staked("1000");
  const answers = await Promise.all(["a", "b", "c", "d"].map((job) => leading.claim(job)));
  expect(answers.filter((risk) => risk === undefined)).toHaveLength(2);
});

test("attack: a leader that can pay for no key, or not within the day's gas, does not lead", async () => {
  const clock = new FakeClock();
  const state = new FakeNetworkState(clock);
  const unused = () => Promise.reject(new Error("nothing is decrypted or encrypted here"));
  const cofhe = { provable: true, cannotEncrypt: async () => undefined, decrypt: unused, encrypt: unused };
  const leading = (chain = stand.chain) =>
    new Leading({
      node: stand.address,
      cofhe,
      chain,
      promptKeyStore: parseAddress(STORE),
      canUpload: true,
      state,
      clock,
    });
  expect(await leading().refusal()).toBeUndefined();
  const thrifty = openChain(stand.home, { rpcUrls: [stand.rig.url], gasPerDay: parseEther("0.0001") });
  expect((await leading(thrifty.chain).refusal())?.why).toContain("for 24 hours are spent");
  thrifty.close();
  await stand.rig.client.setBalance({ address: stand.address, value: 1n });
  expect((await leading().refusal())?.why).toContain("may be needed");
});

test("attack: verifiers' jobs whose key only a claim gives, and that nobody decides: the third is not claimed", async () => {
  await stand.staked("1000");
  const world = new World();
  const one = nodeIn(world, stand.key, {
    settings: { rpcUrls: [stand.rig.url], maxConcurrent: 4 },
    ports: { chain: () => stand.chain },
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
