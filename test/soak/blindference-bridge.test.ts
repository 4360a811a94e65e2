// kill -9 at a hundred moments (FXN_BRIDGE_KILLS) of a leader's work in mode bridge, its requests to the chain among them.
import { afterAll, beforeAll, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bridgeCampaign } from "../conformance/blindference-bridge-campaign.ts";
import { installCofheSdk } from "../fakes/cofhe-sdk.ts";
import { type BlindferenceRig, startBlindferenceRig } from "../sandbox/blindference/rig.ts";

const KILLS = Number(process.env.FXN_BRIDGE_KILLS ?? 100);

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

test(
  `a leader that dies at ${KILLS} moments of its work, in mode bridge`,
  () => bridgeCampaign(rig, sdk, KILLS),
  900_000,
);
