// Infernet for 10,000 polls and heartbeats (FXN_SOAK_POLLS) with random faults, crashes and lost rows, by a seed that a
// failure names.
import { expect, test } from "bun:test";
import { infernetCampaign } from "../conformance/infernet-campaign.ts";

const POLLS = Number(process.env.FXN_SOAK_POLLS ?? 10_000);
const seed = Number(process.env.FXN_SEED ?? crypto.getRandomValues(new Uint32Array(1))[0]);

test(`${POLLS} polls and heartbeats, seed ${seed}: no job is run twice, completed twice or lost`, async () => {
  const { wrong, ...counts } = await infernetCampaign(seed, POLLS);
  console.log(JSON.stringify(counts));
  expect(wrong).toEqual([]);
  expect(counts.polls + counts.heartbeats).toBeGreaterThan(POLLS);
});
