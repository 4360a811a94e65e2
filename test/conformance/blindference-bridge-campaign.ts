// kill -9 of a leader whose answer's key goes on chain: one transaction, one result, and the user can read the answer.
import { expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outputKeyId } from "../../src/networks/blindference/job-id.ts";
import { jobRecords } from "../../src/networks/jobs/job-book.ts";
import { Mortal } from "../fakes/mortal.ts";
import { bridgedWorld, settled } from "../sandbox/blindference/bridged.ts";
import type { BlindferenceRig } from "../sandbox/blindference/rig.ts";
import { noncesIn } from "../sandbox/chain-rig.ts";

/** More than it does in a whole job, with every request to its RPC. */
const MOST = 5000;

/** @returns how many doings it had when the result was there, if it lived */
async function dieAfter(rig: BlindferenceRig, sdk: string, last: number): Promise<number> {
  const { key } = await rig.home();
  const home = mkdtempSync(join(tmpdir(), "fxn-chain-"));
  const { world, state, open, answerOf, ...place } = bridgedWorld(rig, { key, home, sdk });
  const mortal = new Mortal(last);
  const doomed = open({}, mortal);
  const { job, high, low } = await place.job();
  await rig.write("PromptKeyStore", "put", [job.id, high, low]);
  await settled(world, () => job.result !== undefined || mortal.dead);
  const doings = mortal.doings;
  const again = mortal.dead ? open() : undefined;
  await settled(world, () => job.result !== undefined);
  // Time for a second result, or a second transaction.
  await world.pass(20_000, 1000);
  expect(job.calls.results).toBe(1);
  expect(answerOf(job)).toBe("the answer is 4");
  expect(await rig.read("PromptKeyStore", "getEncryptedKey", [outputKeyId(job.id)])).toEqual([
    BigInt(job.result?.encrypted_output_key_high ?? 0),
    BigInt(job.result?.encrypted_output_key_low ?? 0),
  ]);
  expect(noncesIn(home)).toEqual([0]);
  expect(world.icl.chain.filter((line) => line.startsWith("fail"))).toEqual([]);
  expect(jobRecords(state).map(({ step }) => step)).toEqual(["settle"]);
  await again?.node.stop();
  again?.close();
  doomed.close();
  rmSync(home, { recursive: true });
  return doings;
}

/** @param times at how many moments between two doings it dies, from the first to the last */
export async function bridgeCampaign(rig: BlindferenceRig, sdk: string, times: number): Promise<void> {
  const all = await dieAfter(rig, sdk, MOST);
  expect(all).toBeLessThan(MOST);
  for (let i = 0; i < times; i++) await dieAfter(rig, sdk, 1 + Math.floor((i * (all - 1)) / times));
}
