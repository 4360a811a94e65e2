// The SDK in a process of its own: what goes in, what comes out, and what it says when it cannot.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountOf, TEST_KEY } from "../../../../test/fakes/blindference-account.ts";
import { HANDLES_FROM, installCofheSdk } from "../../../../test/fakes/cofhe-sdk.ts";
import { cofheSdk } from "./sdk.ts";

const { address } = accountOf(TEST_KEY);
const empty = mkdtempSync(join(tmpdir(), "fxn-sdk-"));
const folder = mkdtempSync(join(tmpdir(), "fxn-sdk-"));
installCofheSdk(folder);
afterAll(() => {
  for (const one of [empty, folder]) rmSync(one, { recursive: true, force: true });
});
const never = () => new AbortController().signal;

test("two numbers of 128 bits come back as inputs that are bound to the account", async () => {
  const sdk = cofheSdk(folder, address);
  expect(await sdk.missing()).toBeUndefined();
  const high = 2n ** 128n - 1n;
  const input = { securityZone: 0, utype: 6, signature: address } as const;
  expect(await sdk.encrypt(high, 0n, never())).toEqual({
    high: { ...input, ctHash: HANDLES_FROM + high },
    low: { ...input, ctHash: HANDLES_FROM },
  });
});

test("where it is not installed, that is said with what to do, and nothing is made up", async () => {
  const sdk = cofheSdk(empty, address);
  expect((await sdk.missing())?.hint).toContain("npm install @cofhe/sdk@");
  await expect(sdk.encrypt(1n, 2n, never())).rejects.toThrow("@cofhe/sdk could not encrypt");
});

test("its own error is said, without the numbers", async () => {
  const failed = await cofheSdk(folder, address)
    .encrypt(13n, 987654321n, never())
    .then(String, (error: Error) => error.message);
  expect(failed).toContain("Failed to reach the verifier");
  expect(failed).not.toContain("987654321");
});

test("a step that was called off ends its process", async () => {
  const stop = new AbortController();
  const work = cofheSdk(folder, address).encrypt(1n, 2n, stop.signal);
  stop.abort(new Error("the step has ended"));
  await expect(work).rejects.toThrow("the step has ended");
});
