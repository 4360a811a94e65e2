// kill -9 between any two doings of a leader or a verifier of Blindference: delivered once, readable, and nobody is punished.
import { expect } from "bun:test";
import { jobRecords } from "../../src/networks/jobs/job-book.ts";
import { nodeIn, World } from "../fakes/blindference-world.ts";
import { Mortal } from "../fakes/mortal.ts";
import { FakeNetworkState } from "../fakes/network-state.ts";

/** More than one of them does in a whole job. */
const MOST = 400;

const QUICK = { intervals: { poll: "1s" } };

/** @param dies which of the two, after how many doings @returns how many it had when the job was over, if it lived */
async function dieAfter(dies: "leader" | "verifier", last: number): Promise<number> {
  const world = new World();
  const mortal = new Mortal(last);
  const state = new FakeNetworkState(world.clock);
  const key = dies === "leader" ? "1" : "2";
  const doomed = nodeIn(world, key, {
    settings: QUICK,
    ports: mortal.ports({ fetch: world.fetch, state, clock: world.clock }),
  });
  const other = nodeIn(world, dies === "leader" ? "2" : "1", { settings: QUICK });
  const [leader, verifier] = dies === "leader" ? [doomed, other] : [other, doomed];
  const job = await world.job("What is 2+2?", [leader.account, verifier.account]);
  const over = () => job.status !== "queued";
  await world.until(() => over() || mortal.dead, 60_000);
  await world.pass(10_000, 2500);
  const again = mortal.dead ? nodeIn(world, key, { settings: QUICK, state }) : undefined;
  await world.until(over, 20 * 60_000);
  await world.pass(11_000, 1000);
  expect(job.status).toBe("accepted");
  expect(job.calls.results).toBe(1);
  expect(world.answerOf(job)).toBe("the answer is 4");
  // A vote whose answer was lost is cast again, word for word: the ICL does not say who has voted.
  expect(job.calls.votes.length).toBeLessThanOrEqual(2);
  expect(job.votes.get(verifier.account.checksumAddress)?.verdict).toBe("CONFIRM");
  expect(world.icl.chain.filter((line) => line.startsWith("fail"))).toEqual([]);
  expect(jobRecords(state).map(({ outcome }) => outcome)).toEqual(["settled"]);
  await again?.stop();
  await other.stop();
  return mortal.doings;
}

/** @param everyNth of the moments between two doings at which it dies */
export async function crashCampaign(dies: "leader" | "verifier", everyNth: number): Promise<void> {
  const all = await dieAfter(dies, MOST);
  expect(all).toBeLessThan(MOST);
  for (let last = 1; last < all; last += everyNth) await dieAfter(dies, last);
}
