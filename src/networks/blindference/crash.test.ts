// kill -9 in the middle of a job, at a few moments; test/soak has all of them.
import { test } from "bun:test";
import { crashCampaign } from "../../../test/conformance/blindference-campaign.ts";

test.each(["leader", "verifier"] as const)("a %s that dies at some moment of its work", (dies) =>
  crashCampaign(dies, 9),
);
