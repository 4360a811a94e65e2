// Jobs at 200 moments of kill -9 (FXN_SOAK_KILLS), at every step of theirs, and 2000 crashes on a fake clock, by a seed that a
// failure names.
import { expect, test } from "bun:test";
import { jobCampaign } from "../conformance/job-campaign.ts";
import { jobKills } from "../conformance/job-kills.ts";
import { seedOfTest } from "../fakes/seeded.ts";

const KILLS = Number(process.env.FXN_SOAK_KILLS ?? 200);
const seed = seedOfTest();

test(`kill -9 at ${KILLS} moments, seed ${seed}: no job is lost, none is claimed, submitted or paid twice`, async () => {
  const { wrong, ...counts } = await jobKills(seed, KILLS);
  console.log(JSON.stringify(counts));
  expect(wrong).toEqual([]);
  const { settled = 0, lost = 0, declined = 0 } = counts.outcomes;
  expect(settled + lost + declined).toBe(counts.jobs);
  expect(Object.entries(counts.points).filter(([, kills]) => kills === 0)).toEqual([]);
});

test(`2000 lives on a fake clock, seed ${seed}`, async () => {
  for (let n = 0; n < 10; n++) {
    const { wrong, ...counts } = await jobCampaign(seed + n, 200);
    console.log(JSON.stringify(counts));
    expect(wrong).toEqual([]);
  }
});
