// What a claim risks: the stake, by the chain's count of failures, and by this node's own where it sees no chain.
import { expect, test } from "bun:test";
import { accountOf } from "../../../../test/fakes/blindference-account.ts";
import { nodeIn, World } from "../../../../test/fakes/blindference-world.ts";
import { FakeClock } from "../../../../test/fakes/clock.ts";
import { FakeNetworkState } from "../../../../test/fakes/network-state.ts";
import { useStand } from "../../../../test/sandbox/blindference/stand.ts";
import { jobRecords } from "../../jobs/job-book.ts";
import { stakeOf } from "../contracts/reads.ts";
import { Claims } from "./claims.ts";

const MINUTE = 60_000;
const stand = useStand();
const claimsOf = (clock: FakeClock, chain: typeof stand.chain | undefined = stand.chain) =>
  new Claims({ node: stand.address, chain, state: new FakeNetworkState(clock), clock });

test("two failures in a row, or claims that are open, and this node claims nothing that could be the third", async () => {
  const clock = new FakeClock();
  const claims = claimsOf(clock);
  const fail = () => stand.rig.write("BlindferenceStaking", "recordFailure", [stand.address]);
  await fail();
  await fail();
  // There is nothing to lose yet.
  expect(await claims.risk("a")).toBeUndefined();
  claims.over("a");
  await stand.staked("1000");
  expect((await claims.risk("a"))?.why).toContain("2 failures in a row");
  // The third: it is gone, and the contract counts from nought.
  await fail();
  expect((await stakeOf(stand.chain, stand.address)).staked).toBe(0n);
  await stand.staked("1000");
  expect(await claims.risk("a")).toBeUndefined();
  expect(await claims.risk("b")).toBeUndefined();
  // Claimed again it is the same claim.
  expect(await claims.risk("a")).toBeUndefined();
  expect(await claims.risk("c")).toMatchObject({ why: expect.stringContaining("2 claims open"), passes: true });
  // One that may stand already is kept, whatever has failed meanwhile.
  await fail();
  expect(await claims.risk("a")).toBeUndefined();
  expect(claims.mayStand("c")).toBe(false);
  claims.over("a");
  claims.over("b");
  expect(await claims.risk("c")).toBeUndefined();
});

test("attack: jobs that all come at once, so that each claim is the second and the last is the fourth", async () => {
  const clock = new FakeClock();
  const claims = claimsOf(clock);
  await stand.staked("1000");
  const answers = await Promise.all(["a", "b", "c", "d"].map((job) => claims.risk(job)));
  expect(answers.filter((risk) => risk === undefined)).toHaveLength(2);
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

test("without an RPC, claims that were not kept are counted here, until a result ends the row", async () => {
  const clock = new FakeClock();
  const state = new FakeNetworkState(clock);
  const claims = new Claims({ node: stand.address, chain: undefined, state, clock });
  for (const job of ["a", "b"]) expect(await claims.risk(job)).toBeUndefined();
  expect(await claims.risk("c")).toMatchObject({ passes: true });
  clock.jump(16 * MINUTE);
  expect(await claims.risk("c")).toMatchObject({ why: expect.stringContaining("2 failures in a row"), passes: false });
  // Also after a restart.
  const again = new Claims({ node: stand.address, chain: undefined, state, clock });
  expect(await again.risk("c")).toMatchObject({ passes: false });
  again.delivered("a");
  expect(await again.risk("c")).toBeUndefined();
});

test("a leader waits for its own claims that are open, where only they stand in the way, and declines nothing for them", async () => {
  const world = new World();
  const silent = ["8", "9"].map((digit) => accountOf(digit.repeat(64)));
  const node = nodeIn(world, "1", {
    settings: { maxConcurrent: 4 },
    async *says() {
      await new Promise<void>((resolve) => world.clock.after(5000, resolve));
      yield "so";
      return { reason: "stop", promptTokens: 0, completionTokens: 0 };
    },
  });
  const jobs = await Promise.all([1, 2, 3, 4].map(() => world.job("hm", [node.account, ...silent])));
  await world.until(() => jobs.every(({ calls }) => calls.results === 1));
  expect(jobRecords(node.state).map(({ outcome }) => outcome)).not.toContain("declined");
  await node.stop();
});
