// What a reload leaves behind for status, metric and check: the files' faults, and nothing else.
import { expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { CONFIG_FILE } from "../../config/load.ts";
import { ConfigError } from "../../config/problems.ts";
import { BOOK, loadConfig } from "../../networks/config.ts";
import { notNow } from "./part.ts";
import { Reload } from "./reload.ts";

function setUp() {
  const node = { phase: "serving", text: "" };
  const config = BOOK.schema.parse({});
  const reload = new Reload({
    begun: { config, models: { models: [], catchAll: false }, networks: [], files: {} },
    async read() {
      const readFile = async (path: string) => (path.endsWith(CONFIG_FILE) ? node.text : undefined);
      return { ...(await loadConfig({ home: "/nonexistent", env: {}, readFile })), files: {} };
    },
    parts: [],
    refuse() {
      if (node.phase !== "serving") throw notNow("this node is starting or stopping");
    },
    underWay: () => 0,
    onBusy() {},
    clock: new FakeClock(),
    log: new FakeLog(),
  });
  return { node, reload, now: () => reload.now({ dryRun: false }) };
}

test("one that comes at the wrong time says nothing of the files: what the last one said of them stays", async () => {
  const { node, reload, now } = setUp();
  node.phase = "starting";
  await expect(now()).rejects.toMatchObject({ code: "reload_not_now" });
  expect(reload.state.lastError).toBeUndefined();
  Object.assign(node, { phase: "serving", text: "nonsense: 1" });
  await expect(now()).rejects.toThrow(ConfigError);
  expect(reload.state.lastError).toContain("nonsense");
  node.phase = "stopping";
  await expect(now()).rejects.toMatchObject({ code: "reload_not_now" });
  expect(reload.state.lastError).toContain("nonsense");
  Object.assign(node, { phase: "serving", text: "" });
  await now();
  expect(reload.state.lastError).toBeUndefined();
});
