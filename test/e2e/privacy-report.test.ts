// The list of what is kept against the truth: all five networks work on one home, and everything in it has a class.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { z } from "zod";
import { type FiveNetworks, openFiveNetworks } from "../soak/five-networks.ts";
import { MixedLoad } from "../soak/mixed-load.ts";
import { fxn } from "./node.ts";
import { until } from "./until.ts";

let all: FiveNetworks;
beforeAll(async () => {
  all = await openFiveNetworks();
}, 60_000);
afterAll(() => all.close());

const report = z.object({
  schema: z.literal(1),
  classes: z.array(z.object({ id: z.string(), found: z.array(z.object({ count: z.number() }).optional().nullable()) })),
  unknown: z.array(z.string()),
});

async function reported() {
  const { stdout, code } = await fxn(["privacy-report", "--json", "--home", all.world.home]);
  expect(code).toBe(0);
  return report.parse(JSON.parse(stdout));
}

test.skipIf(process.platform !== "linux")(
  "fxn privacy-report: every table, every kind of state and every file that five networks leave has a class",
  async () => {
    const load = new MixedLoad(all);
    await until(async () => {
      await Bun.sleep(500);
      await all.quorum.vote();
      await all.requester.decide();
      return Object.values(load.done).every((count) => count > 0);
    }, 50_000);
    const { classes, unknown } = await reported();
    expect(unknown).toEqual([]);
    const present = classes.filter(({ found }) => found.some((one) => (one?.count ?? 0) > 0)).map(({ id }) => id);
    for (const id of ["ledger", "nonces", "registries", "keys", "configuration", "infernet.jobs", "oarn.jobs"])
      expect(present).toContain(id);
    await load.end();
    const text = await fxn(["privacy-report", "--home", all.world.home]);
    expect(text.stdout).toContain("never on disk, but for what a runner prints");
    expect(text.stdout).toMatch(/table ledger \(\d+ rows?, since \d{4}-\d\d-\d\d\)/);
  },
  120_000,
);
