import { expect, test } from "bun:test";
import { jobCampaign } from "../../../test/conformance/job-campaign.ts";

const SEED = Number(process.env.FXN_SOAK_SEED ?? crypto.getRandomValues(new Uint32Array(1))[0]);

for (let n = 0; n < 5; n++) {
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
