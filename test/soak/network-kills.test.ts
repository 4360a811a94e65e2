// The compiled node at 200 moments of kill -9 (FXN_NODE_KILLS), with jobs of Blindference and of OARN in hand, by a seed that a
// failure names.
import { expect, test } from "bun:test";
import { networkKills } from "../conformance/network-kills.ts";
import { seedOfTest } from "../fakes/seeded.ts";

const MOST = 200;
const KILLS = Number(process.env.FXN_NODE_KILLS ?? MOST);
const seed = seedOfTest();

test(`kill -9 at ${KILLS} moments, seed ${seed}: no job is lost or submitted twice, no nonce is spent twice`, async () => {
  const { wrong, ...counts } = await networkKills(seed, KILLS);
  console.log(JSON.stringify(counts));
  expect(wrong).toEqual([]);
  const { settled = 0 } = counts.outcomes;
  expect(settled).toBeGreaterThan(counts.jobs / 2);
  if (KILLS >= MOST) expect(Object.entries(counts.points).filter(([, kills]) => kills === 0)).toEqual([]);
});
