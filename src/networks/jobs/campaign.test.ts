import { expect, test } from "bun:test";
import { jobCampaign } from "../../../test/conformance/job-campaign.ts";
import { jobKills } from "../../../test/conformance/job-kills.ts";
import { seedOfTest } from "../../../test/fakes/seeded.ts";

const SEED = seedOfTest();

for (let n = 0; n < 3; n++) {
  const seed = SEED + n;
  test(`a node that dies at any moment loses no job and does nothing twice (seed ${seed})`, async () => {
    const { wrong, ...counts } = await jobCampaign(seed, 100);
    expect(wrong).toEqual([]);
    expect(counts.crashes).toBeGreaterThan(20);
    const { settled = 0, lost = 0, declined = 0, failed = 0 } = counts.outcomes;
    expect(settled + lost + declined + failed).toBe(counts.jobs);
    expect(settled).toBeGreaterThan(100);
    expect(failed).toBeLessThan(5);
  });
}

test(`kill -9 at 20 moments: no job is lost, and nothing is done twice (seed ${SEED})`, async () => {
  const { wrong, jobs, outcomes } = await jobKills(SEED, 20);
  expect(wrong).toEqual([]);
  const { settled = 0, lost = 0, declined = 0 } = outcomes;
  expect(settled + lost + declined).toBe(jobs);
  expect(settled).toBeGreaterThan(3);
}, 60_000);
