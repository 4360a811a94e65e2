// kill -9 in the middle of a job whose key goes on chain, at a few moments; test/soak has more of them.
import { afterAll, beforeAll, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bridgeCampaign } from "../../../test/conformance/blindference-bridge-campaign.ts";
import { installCofheSdk } from "../../../test/fakes/cofhe-sdk.ts";
import { type BlindferenceRig, startBlindferenceRig } from "../../../test/sandbox/blindference/rig.ts";

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

test("a leader that dies at some moment of its work, in mode bridge", () => bridgeCampaign(rig, sdk, 8));
