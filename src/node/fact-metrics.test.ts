// What a reload makes of the releases that are known.
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { signingKey, writeRelease } from "../../test/fakes/release.ts";
import { BOOK } from "../networks/config.ts";
import { openReleases } from "./fact-metrics.ts";

test("a newer release that is known stays known when how it is looked for changes; nobody knows of one who does not look", async () => {
  const from = mkdtempSync(join(tmpdir(), "fxn-releases-"));
  const configured = (update: Record<string, unknown>) => {
    const config = BOOK.schema.parse({ update: { from, publicKey: signingKey().publicKey, ...update } });
    return { config, models: { models: [], catchAll: false }, networks: [], files: {} };
  };
  const { config } = configured({ checkInterval: "24h" });
  const options = { config, releases: { from: undefined, publicKey: undefined }, version: "1.1.0" };
  const releases = openReleases({ ...options, clock: new FakeClock(), log: new FakeLog() }, async () => {
    throw new Error("a folder needs no network");
  });
  await writeRelease(from, { version: "1.3.0" });
  await releases.now.look();
  rmSync(from, { recursive: true });
  const change = async (update: Record<string, unknown>) => (await releases.prepare(configured(update))).commit();
  await change({ checkInterval: "48h" });
  expect(releases.now.available?.version).toBe("1.3.0");
  await change({ checkInterval: "0" });
  expect(releases.now.available).toBeUndefined();
});
