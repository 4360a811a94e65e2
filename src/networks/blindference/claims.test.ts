// Claims: what costs a stake is never done lightly. Five minutes at the ICL's clock, three failures in a row, and who declines what.
import { expect, test } from "bun:test";
import { accountOf } from "../../../test/fakes/blindference-account.ts";
import { nodeIn, saying, World } from "../../../test/fakes/blindference-world.ts";
import type { FakeNetworkState } from "../../../test/fakes/network-state.ts";
import type { JobRecord } from "../jobs/job.ts";
import { jobRecords } from "../jobs/job-book.ts";

const strangers = ["8", "9"].map((key) => accountOf(key.repeat(64)));
const recordOf = (state: FakeNetworkState): JobRecord | undefined => jobRecords(state)[0];

test("a verifier whose leader is dead claims nothing, waits for a while, and is not punished", async () => {
  const world = new World();
  const node = nodeIn(world, "1");
  const job = await world.job("hm", [strangers[0]!, node.account, strangers[1]!]);
  await world.until(() => recordOf(node.state)?.step === "ended", 15 * 60_000);
  expect(recordOf(node.state)).toMatchObject({ outcome: "lost", reason: "its leader has not delivered" });
  await world.pass(400_000, 5000);
  expect(job.calls.claims).toEqual([]);
  expect(job.votes.size).toBe(0);
  expect(world.icl.chain).toEqual([]);
  await node.stop();
});

test("handles that only a claim gives are bare integers of 256 bits, and a verifier claims for them after the leader delivered", async () => {
  const world = new World();
  const nodes = ["1", "2"].map((key) => nodeIn(world, key));
  const job = await world.job(
    "hm",
    nodes.map(({ account }) => account),
    { hideHandles: true },
  );
  await world.until(() => job.votes.size === 1);
  expect(job.status).toBe("accepted");
  expect(job.calls.claims).toEqual(nodes.map(({ account }) => account.checksumAddress));
  for (const node of nodes) await node.stop();
});

test("an ICL that has no handles at first is asked again, before the claim is given up as a failure", async () => {
  const world = new World();
  const node = nodeIn(world, "1");
  let asked = 0;
  const job = await world.job("hm", [node.account, ...strangers], { hideHandles: true });
  const { high, low } = job.claimHandles;
  world.icl.jobs.set(job.id, {
    ...job,
    get claimHandles() {
      return ++asked < 3 ? { high: 0n, low: 0n } : { high, low };
    },
  });
  await world.until(() => world.icl.jobs.get(job.id)?.result !== undefined);
  expect(asked).toBe(3);
  expect(world.icl.chain).toEqual([`reset ${node.account.checksumAddress}`]);
  await node.stop();
});

test("nothing is claimed that is not ready: no access to the key, no blob, no such model, no user, no uploader", async () => {
  const world = new World();
  const node = nodeIn(world, "1");
  const bare = nodeIn(world, "2", { settings: { ipfs: { gateway: "https://ipfs.test", otherGateways: [] } } });
  const lead = (extra: object) => world.job("hm", [node.account, ...strangers], extra);
  const noAccess = await lead({ handles: { high: "7", low: "8" } });
  const noBlob = await lead({ promptCid: "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy" });
  const noModel = await lead({ modelId: "qwen2.5-7b" });
  const noUser = await lead({ userAddress: `0x${"0".repeat(40)}` });
  const noUploader = await world.job("hm", [bare.account, ...strangers]);
  const jobs = [noAccess, noBlob, noModel, noUser, noUploader];
  await world.pass(120_000);
  expect(jobs.map(({ calls }) => calls.claims)).toEqual([[], [], [], [], []]);
  const reasons = new Map([...jobRecords(node.state), ...jobRecords(bare.state)].map((one) => [one.id, one.reason]));
  expect(reasons.get(noModel.id)).toContain("it is not among networks.blindference.models");
  expect(reasons.get(noUser.id)).toContain("nobody is named who may read the answer");
  expect(reasons.get(noUploader.id)).toContain("nowhere to put an answer");
  expect(reasons.get(noAccess.id)).toContain("no access");
  expect(reasons.get(noBlob.id)).toContain("404");
  await node.stop();
  await bare.stop();
});

test.each(["claim", "result"])(
  "what was claimed outlasts a minute without the ICL, in which a %s is lost",
  async (what) => {
    const world = new World();
    const node = nodeIn(world, "1");
    const job = await world.job("hm", [node.account, ...strangers]);
    const asked = () => world.icl.seen.some(({ path }) => path === `/internal/task/${what}`);
    world.icl.fail(`/internal/task/${what}`, { kind: "lost" });
    await world.until(asked);
    world.icl.fail("/internal/", { kind: "refused" }, Number.POSITIVE_INFINITY);
    await world.pass(60_000, 1000);
    world.icl.faults.length = 0;
    await world.pass(400_000, 1000);
    expect(job.calls).toMatchObject({ results: 1 });
    expect(recordOf(node.state)?.outcome).not.toBe("failed");
    expect(world.icl.chain.filter((line) => line.startsWith("fail"))).toEqual([]);
    await node.stop();
  },
);

test("a leader whose model hangs gives up well before the five minutes, and keeps nothing of the job", async () => {
  const world = new World();
  const node = nodeIn(world, "1", {
    async *says(call) {
      await new Promise((_resolve, reject) => call.signal.addEventListener("abort", () => reject(call.signal.reason)));
      yield "";
      return { reason: "stop", promptTokens: 0, completionTokens: 0 };
    },
  });
  const job = await world.job("hm", [node.account, ...strangers]);
  await world.until(() => job.calls.claims.length === 1);
  const claimed = world.clock.now();
  await world.until(() => recordOf(node.state)?.step === "ended", 300_000);
  expect(world.clock.now() - claimed).toBeLessThan(280_000);
  expect(recordOf(node.state)).toMatchObject({ outcome: "failed" });
  expect(job.calls.results).toBe(0);
  await node.stop();
});

test("what there was no place for is taken up when there is one, not at the next poll", async () => {
  const world = new World();
  const node = nodeIn(world, "1", { settings: { maxConcurrent: 1, intervals: { poll: "2m" } } });
  const jobs = await Promise.all([1, 2, 3, 4].map(() => world.job("hm", [node.account, ...strangers])));
  const polls = () => world.icl.seen.filter(({ path }) => path.startsWith("/internal/assignments")).length;
  await world.until(() => polls() === 1, 250_000);
  // Disks and hashes take real time: 100 seconds of the clock in small steps, well before the next poll.
  for (let i = 0; i < 2000 && jobs.some(({ calls }) => calls.results === 0); i++) {
    await world.pass(50, 50);
    await Bun.sleep(1);
  }
  expect(jobs.map(({ calls }) => calls.results)).toEqual([1, 1, 1, 1]);
  expect(polls()).toBe(1);
  await node.stop();
});

test("no more is claimed than there are places, so that no clock runs while a job waits", async () => {
  const world = new World();
  let going = 0;
  let most = 0;
  const node = nodeIn(world, "1", {
    settings: { maxConcurrent: 1 },
    async *says() {
      going += 1;
      most = Math.max(most, going);
      await new Promise<void>((resolve) => world.clock.after(5000, resolve));
      going -= 1;
      yield "so";
      return { reason: "stop", promptTokens: 0, completionTokens: 0 };
    },
  });
  const jobs = await Promise.all([1, 2, 3].map(() => world.job("hm", [node.account, ...strangers])));
  await world.until(() => jobs.every(({ calls }) => calls.results === 1));
  expect(most).toBe(1);
  expect(jobs.map(({ calls }) => calls.claims.length)).toEqual([1, 1, 1]);
  expect(world.icl.chain.filter((line) => line.startsWith("fail"))).toEqual([]);
  await node.stop();
});

test("a result whose answer was lost is not submitted again, and an upload that failed once is tried again", async () => {
  const world = new World();
  world.uploadFails = 1;
  world.icl.fail("/internal/task/result", { kind: "lost" }, 2);
  const node = nodeIn(world, "1");
  const job = await world.job("hm", [node.account, ...strangers]);
  await world.until(() => job.calls.results > 0);
  await world.pass(20_000);
  expect(recordOf(node.state)?.step).toBe("settle");
  expect(world.uploads).toHaveLength(1);
  expect(world.answerOf(job)).toBe("the answer is 4");
  await node.stop();
});

test("an ICL that is away for two minutes when the answer is ready: it is delivered all the same", async () => {
  const world = new World();
  const node = nodeIn(world, "1");
  world.icl.fail("/internal/task/result", { kind: "refused" }, 15);
  const job = await world.job("hm", [node.account, ...strangers]);
  await world.until(() => job.calls.results === 1, 250_000);
  expect(world.icl.chain.filter((line) => line.startsWith("fail"))).toEqual([]);
  await node.stop();
});

test("a leader that crashed between claim and answer begins again, and delivers once", async () => {
  const world = new World();
  const hung = nodeIn(world, "1", {
    async *says(call) {
      await new Promise((_resolve, reject) => call.signal.addEventListener("abort", () => reject(call.signal.reason)));
      yield "";
      return { reason: "stop", promptTokens: 0, completionTokens: 0 };
    },
  });
  const job = await world.job("hm", [hung.account, ...strangers]);
  await world.until(() => job.calls.claims.length === 1);
  await world.pass(2000);
  await hung.stop();
  expect(JSON.stringify(hung.state.all("job"))).not.toContain('"hm"');
  const again = nodeIn(world, "1", { state: hung.state });
  await world.until(() => job.calls.results === 1);
  expect(world.answerOf(job)).toBe("the answer is 4");
  expect(world.uploads).toHaveLength(1);
  await again.stop();
});

test("a dry run claims nothing and votes on nothing", async () => {
  const world = new World();
  const node = nodeIn(world, "1", { settings: { dryRun: true } });
  const job = await world.job("hm", [node.account, ...strangers]);
  await world.pass(30_000);
  expect(job.calls).toEqual({ claims: [], results: 0, votes: [] });
  await node.stop();
});

test("an odd entry hides no good one, and what the ICL lists again is done once", async () => {
  const world = new World();
  const node = nodeIn(world, "1", { says: saying(() => "x") });
  await world.job("hm", [node.account], { id: "../../etc/passwd" });
  await world.job("hm", [node.account], { promptCid: "a/../b" });
  const job = await world.job("hm", [strangers[0]!, node.account]);
  job.result = {
    jobId: job.id,
    output_cid: "bafy",
    commitment_hash: "0".repeat(64),
    encrypted_output_key_high: "1",
    encrypted_output_key_low: "1",
  };
  await world.until(() => job.votes.size === 1);
  await world.pass(30_000);
  expect(job.calls.votes).toHaveLength(1);
  expect(jobRecords(node.state)).toHaveLength(1);
  await node.stop();
});

test("attack: an ICL that lists thousands of jobs that nobody can do: the one that can be done is done", async () => {
  const world = new World();
  const node = nodeIn(world, "1");
  const odd = await world.job("hm", [node.account], { id: "../odd" });
  for (let index = 0; index < 3000; index++) world.icl.add({ ...odd, id: `../${index}` });
  const job = await world.job("hm", [node.account, ...strangers]);
  await world.until(() => job.calls.results === 1);
  expect(jobRecords(node.state)).toHaveLength(1);
  await node.stop();
});
