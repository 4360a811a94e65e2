// CoFHE as it is today, end to end: permits in the chain's domain, the threshold network, the SDK, and the key on chain for the user.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { USER } from "../../../test/fakes/blindference-world.ts";
import { HANDLES_FROM, installCofheSdk } from "../../../test/fakes/cofhe-sdk.ts";
import { asHex, bridgedWorld, settled } from "../../../test/sandbox/blindference/bridged.ts";
import { type BlindferenceRig, startBlindferenceRig } from "../../../test/sandbox/blindference/rig.ts";
import { jobRecords } from "../jobs/job-book.ts";
import { outputKeyId } from "./job-id.ts";

let rig: BlindferenceRig;
const sdk = mkdtempSync(join(tmpdir(), "fxn-sdk-"));
beforeAll(async () => {
  installCofheSdk(sdk);
  rig = await startBlindferenceRig();
});
afterAll(async () => {
  rmSync(sdk, { recursive: true, force: true });
  await rig.stop();
});
const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
});

const SPLIT = 2n ** 128n;

async function bridged(settings: object = {}) {
  const { key } = await rig.home();
  const place = bridgedWorld(rig, { key, home: mkdtempSync(join(tmpdir(), "fxn-chain-")), sdk });
  const { node, close } = place.open(settings);
  closers.push(close);
  return { ...place, node, ...(await place.job()) };
}

test("a leader decrypts by permit, gives the key of its answer to the user alone, and submits with the receipt", async () => {
  const { world, node, job, high, low } = await bridged();
  await rig.write("PromptKeyStore", "put", [job.id, high, low]);
  await settled(world, () => job.result !== undefined);
  const id = outputKeyId(job.id);
  expect(await rig.read("PromptKeyStore", "allowed", [id, 0n])).toBe(USER);
  await expect(rig.read("PromptKeyStore", "allowed", [id, 1n])).rejects.toThrow();
  expect(await rig.read("PromptKeyStore", "getEncryptedKey", [id])).toEqual([
    BigInt(job.result?.encrypted_output_key_high ?? 0),
    BigInt(job.result?.encrypted_output_key_low ?? 0),
  ]);
  const receipt = await rig.client.getTransactionReceipt({ hash: asHex(job.result?.output_key_store_tx ?? "") });
  expect(receipt.status).toBe("success");
  for (const half of [job.result?.encrypted_output_key_high, job.result?.encrypted_output_key_low]) {
    expect(BigInt(half ?? 0) - HANDLES_FROM).toBeLessThan(SPLIT);
    expect(BigInt(half ?? 0) - HANDLES_FROM).toBeGreaterThan(0n);
  }
  expect(world.icl.violations).toEqual([]);
  await node.stop();
});

test("the wrong PromptKeyStore is found out before anything is claimed", async () => {
  const { world, node, job } = await bridged();
  await settled(world, () => jobRecords(node.state)[0]?.step === "ended");
  expect(jobRecords(node.state)[0]).toMatchObject({ outcome: "declined" });
  expect(jobRecords(node.state)[0]?.reason).toContain("another PromptKeyStore");
  expect(job.calls.claims).toEqual([]);
  await node.stop();
});

test.each([
  [{ promptKeyStore: undefined }, "no promptKeyStore is set"],
  [{ promptKeyStore: `0x${"12".repeat(20)}` }, "there is no contract at"],
  [{ cofhe: { mode: "bridge", thresholdUrl: "https://tn.test", sdk: "/nowhere" } }, "@cofhe/sdk is not installed"],
])("without %p it leads nothing, and says why", async (settings, why) => {
  const { world, node, job } = await bridged(settings);
  await settled(world, () => jobRecords(node.state)[0]?.step === "ended");
  expect(jobRecords(node.state)[0]?.reason).toContain(why);
  expect(job.calls.claims).toEqual([]);
  await node.stop();
});
