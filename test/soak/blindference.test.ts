// kill -9 at every moment of a leader's and of a verifier's work.
import { test } from "bun:test";
import { crashCampaign } from "../conformance/blindference-campaign.ts";

test.each(["leader", "verifier"] as const)("a %s that dies at every moment of its work", (dies) =>
  crashCampaign(dies, 1),
);
