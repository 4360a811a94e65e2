// Restarts as they seldom happen: one that never becomes ready, and many in a row under load.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { keepAsking } from "../e2e/keep-asking.ts";
import { fxn } from "../e2e/node.ts";
import { until } from "../e2e/until.ts";
import { openWorld, type World } from "../e2e/world.ts";
import { alive } from "../fakes/alive.ts";

const RESTARTS = 8;

describe.skipIf(process.platform !== "linux")("restarts", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ config: { server: { workers: 2 } } });
  });
  afterAll(() => world.close());

  async function workers(): Promise<number[]> {
    const { stdout } = await fxn(["status", "--home", world.home, "--json"]);
    return z.object({ workers: z.array(z.number()) }).parse(JSON.parse(stdout)).workers;
  }

  test("a new process that does not become ready gives the home back, and no request is lost", async () => {
    const path = join(world.home, "model_backend.yaml");
    const right = readFileSync(path);
    const before = await workers();
    const load = keepAsking(world);
    writeFileSync(path, stringify({ models: [{ id: "tiny", backends: [{ url: "http://127.0.0.1:9" }] }] }));
    const { code, stderr } = await fxn(["restart", "--home", world.home]);
    writeFileSync(path, right);
    expect([code, stderr]).toEqual([1, expect.stringContaining("did not become ready")]);
    expect(await workers()).toEqual(before);
    const { asked, wrong } = await load.end();
    expect([asked > 100, wrong]).toEqual([true, []]);
  });

  test(`${RESTARTS} in a row under load: no request is lost, and no process is left`, async () => {
    const load = keepAsking(world);
    const seen = new Set<number>();
    for (let i = 0; i < RESTARTS; i++) {
      for (const pid of await workers()) seen.add(pid);
      expect(await fxn(["restart", "--home", world.home])).toMatchObject({ code: 0, stderr: "" });
    }
    const last = await workers();
    await until(() => [...seen].every((pid) => last.includes(pid) || !alive(pid)), 30_000);
    const { asked, wrong } = await load.end();
    expect([asked > 100, wrong]).toEqual([true, []]);
    expect(await world.node.stop()).toBe(0);
    await until(() => last.every((pid) => !alive(pid)));
  });
});
