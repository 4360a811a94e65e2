// Whether Infernet runs: a node may run on the home without it.
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { controlSocketPath } from "../../src/lib/control-socket.ts";
import { infernetRuns } from "./running.ts";

const status = {
  schema: 1,
  version: "0.0.0",
  address: null,
  uptimeSeconds: 1,
  ready: true,
  reasons: [],
  listen: "127.0.0.1:1",
  admin: "127.0.0.1:2",
  workers: [],
  models: [],
  backends: [],
  waiting: {},
  streams: 2,
  registries: {},
  engines: [],
  provider: null,
};

test.each([
  ["no node", undefined, false],
  ["a node without networks", [], false],
  ["a node of another network", ["fedai"], false],
  ["a node of Infernet", ["fedai", "infernet"], true],
])("%s", async (_name, ids, runs) => {
  const home = mkdtempSync(join(tmpdir(), "fxn-"));
  const networks = ids?.map((id) => ({ id, ready: true, reasons: [], listen: null, lines: [] }));
  const server = createServer((_, response) => response.end(JSON.stringify({ ...status, networks })));
  if (networks) await new Promise<void>((resolve) => server.listen(controlSocketPath(home), resolve));
  try {
    expect(await infernetRuns(home)).toBe(runs);
  } finally {
    server.close();
    rmSync(home, { recursive: true, force: true });
  }
});
