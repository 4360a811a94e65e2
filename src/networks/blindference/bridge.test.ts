// CoFHE as it is today, end to end: permits in the chain's domain, the threshold network, the SDK, and the key on chain for the user.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Hex, isHex } from "viem";
import { accountOf } from "../../../test/fakes/blindference-account.ts";
import type { IclJob } from "../../../test/fakes/blindference-icl.ts";
import { BlindferenceThreshold } from "../../../test/fakes/blindference-threshold.ts";
import { nodeIn, USER, World } from "../../../test/fakes/blindference-world.ts";
import { HANDLES_FROM, installCofheSdk } from "../../../test/fakes/cofhe-sdk.ts";
import { type BlindferenceRig, STORE, startBlindferenceRig } from "../../../test/sandbox/blindference/rig.ts";
import { openChain } from "../../../test/sandbox/chain-rig.ts";
import type { Fetch } from "../../lib/fetch.ts";
import { jobRecords } from "../jobs/job-book.ts";
import { CONTRACTS } from "./contracts/addresses.ts";
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
const asHex = (text: string): Hex => (isHex(text) ? text : "0x");

/** The world's prompt keys are the threshold network's here. */
async function bridged(settings: object = {}) {
  const world = new World();
  const threshold = new BlindferenceThreshold(CONTRACTS.taskManager);
  const fetch: Fetch = async (url, options) => {
    const { host, pathname } = new URL(url);
    if (host !== "tn.test") return world.fetch(url, options);
    const { status, text } = await threshold.handle(options.method ?? "GET", pathname, String(options.body ?? ""));
    return { status, headers: new Headers(), body: new Uint8Array(Buffer.from(text)) };
  };
  const { key } = await rig.home();
  const opened = openChain({ home: mkdtempSync(join(tmpdir(), "fxn-chain-")), key }, { rpcUrls: [rig.url] });
  closers.push(opened.close);
  const node = nodeIn(world, key.slice(2), {
    settings: {
      rpcUrls: [rig.url],
      promptKeyStore: STORE,
      cofhe: { mode: "bridge", thresholdUrl: "https://tn.test", sdk },
      ...settings,
    },
    ports: { fetch, chain: () => opened.chain },
  });
  const job = await world.job("hm", [node.account, ...["8", "9"].map((digit) => accountOf(digit.repeat(64)))]);
  const handles = { high: job.claimHandles.high, low: job.claimHandles.low };
  const allowed = [asHex(node.account.checksumAddress)];
  const value = (handle: bigint) => world.cofhe.read(handle) ?? 0n;
  const high = threshold.keep(value(handles.high), allowed);
  const low = threshold.keep(value(handles.low), allowed);
  const shown: IclJob = world.icl.add({
    ...job,
    handles: { high: String(high), low: String(low) },
    claimHandles: { high, low },
  });
  return { world, node, job: shown, high, low };
}

/** The chain and the SDK's process take real time. */
async function until(world: World, what: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !what(); i++) {
    await world.pass(50, 50);
    await Bun.sleep(10);
  }
  expect(what()).toBe(true);
}

test("a leader decrypts by permit, gives the key of its answer to the user alone, and submits with the receipt", async () => {
  const { world, node, job, high, low } = await bridged();
  await rig.write("PromptKeyStore", "put", [job.id, high, low]);
  await until(world, () => job.result !== undefined);
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
  await until(world, () => jobRecords(node.state)[0]?.step === "ended");
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
  await until(world, () => jobRecords(node.state)[0]?.step === "ended");
  expect(jobRecords(node.state)[0]?.reason).toContain(why);
  expect(job.calls.claims).toEqual([]);
  await node.stop();
});
