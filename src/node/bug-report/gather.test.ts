// What a part of a bug report says when it cannot be had: the cause.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listenControl } from "../../server/control-listener.ts";
import { bugReportParts, textOf } from "./gather.ts";

const home = mkdtempSync(join(tmpdir(), "fxn-gather-"));
afterAll(() => rmSync(home, { recursive: true }));

test("a node whose checks fail is asked once, and what it says of them is told", async () => {
  const asked: string[] = [];
  const control = listenControl(home, async (request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}`);
    return Response.json({ error: { message: "the disk is full" } }, { status: 500 });
  });
  const parts = bugReportParts({
    ...{ home, version: "1", program: "fxn", logWords: [], logText: "", now: () => 0 },
    load: () => Promise.reject(new Error("no configuration")),
    gpus: async () => [],
    fetch: () => Promise.reject(new Error("no network")),
    runTool: async () => undefined,
  });
  const checks = parts.find(({ name }) => name === "checks.json");
  expect(await (checks && textOf(checks))).toBe(
    `not to be had: the node answers 500: {"error":{"message":"the disk is full"}}\n`,
  );
  expect(asked).toEqual(["POST /checks"]);
  await control.stop();
});
