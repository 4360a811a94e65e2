// Hundreds of polls and heartbeats with random faults; test/soak runs the long form.
import { expect, test } from "bun:test";
import { infernetCampaign } from "../../../test/conformance/infernet-campaign.ts";

test("400 polls with faults, crashes and lost rows: no job is run twice, completed twice or lost", async () => {
  const { wrong, ...counts } = await infernetCampaign(6, 400);
  expect(wrong).toEqual([]);
  expect(counts.polls).toBeGreaterThanOrEqual(400);
  expect(counts.heartbeats).toBeGreaterThan(100);
  expect(counts.faults).toBeGreaterThan(100);
  expect(counts.crashes).toBeGreaterThan(0);
  expect(counts.completed).toBeGreaterThan(counts.jobs / 3);
});
