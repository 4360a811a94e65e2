// The token of a node's admin listener, when a reload takes it out of the file: the home gets one when that is done, not before.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { fxn } from "./node.ts";
import { openWorld, type World } from "./world.ts";

const OPEN = { listen: "0.0.0.0:0" };

let world: World;
beforeAll(async () => {
  world = await openWorld({ config: { admin: { ...OPEN, token: "a-token-of-the-file" } } });
});
afterAll(() => world.close());

function write(change: Record<string, unknown>): void {
  const path = join(world.home, "config.yaml");
  writeFileSync(path, stringify({ ...parse(readFileSync(path, "utf8")), ...change }));
}
const reload = (...more: string[]) => fxn(["reload", "--home", world.home, ...more]);
const status = async (token: string) =>
  (await fetch(`${world.node.admin}/status`, { headers: { authorization: `Bearer ${token}` } })).status;

test("fxn reload: a dry run and a refused one write no token into the home, and the former one holds; a real one does", async () => {
  const own = join(world.home, "admin-token");
  write({ admin: OPEN });
  expect(await reload("--dry-run")).toMatchObject({ code: 0 });
  expect([existsSync(own), await status("a-token-of-the-file")]).toEqual([false, 200]);
  // Refused by another part, when this one has been prepared.
  write({ registry: { routerSmartContractAddress: `0x${"1".repeat(40)}` } });
  expect(await reload()).toMatchObject({ code: 1, stderr: expect.stringContaining("The node goes on as it was.") });
  expect([existsSync(own), await status("a-token-of-the-file")]).toEqual([false, 200]);
  write({ registry: { routerSmartContractAddress: world.chain.router } });
  expect(await reload()).toMatchObject({ code: 0 });
  expect([await status("a-token-of-the-file"), await status(readFileSync(own, "utf8").trim())]).toEqual([401, 200]);
}, 30_000);
