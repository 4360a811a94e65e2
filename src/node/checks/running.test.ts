import { expect, test } from "bun:test";
import type { NodeStatus, RegistryStatus } from "../../core/status.ts";
import { READY_CHECKS, RUNNING_CHECKS, SERVING_CHECKS } from "./running.ts";
import { openSurroundings } from "./surroundings.ts";

const WELL: NodeStatus = {
  ...{ schema: 1, version: "1.0.0", address: null, uptimeSeconds: 60, ready: true, reasons: [] },
  ...{ listen: "127.0.0.1:8080", admin: "127.0.0.1:9464", workers: [1], models: [], backends: [], waiting: {} },
  ...{ registries: {}, engines: [], streams: 0, provider: null, networks: [], alerts: null },
  ...{ phase: "serving", update: null },
  configuration: { loadedAt: "2026-11-26T00:00:00.000Z", lastError: null, restartPending: [] },
  cautions: [],
};
const clock = { now: () => 0, monotonic: () => 0, after: () => () => {} };
const ALL = [...RUNNING_CHECKS, ...READY_CHECKS, ...SERVING_CHECKS];

async function ask(id: string, change: Partial<NodeStatus> | undefined) {
  const status = async () => change && { ...WELL, ...change };
  const look = openSurroundings({ home: "/home", version: "1.0.0", env: {}, status, clock });
  const { state, message } = await (ALL.find((one) => one.id === id) ?? expect.unreachable()).run(
    look,
    new AbortController().signal,
  );
  return [state, message];
}
const registry = (change: Partial<RegistryStatus>): RegistryStatus => ({
  ...{ entries: 3, ageSeconds: 5, block: "7", stale: false, lastError: null },
  ...change,
});

test("a node that runs, and none", async () => {
  expect(await ask("node.running", {})).toEqual(["ok", "for 1m"]);
  expect(await ask("node.running", undefined)).toEqual(["fail", "no node runs on /home"]);
});

test("another version is yellow", async () => {
  expect(await ask("node.version", {})).toEqual(["ok", "1.0.0"]);
  expect(await ask("node.version", { version: "0.9.0" })).toEqual(["warn", "it is 0.9.0, this program is 1.0.0"]);
});

test("registries: fresh, failing while the last read serves, too old, none", async () => {
  expect(await ask("registry.fresh", { registries: { gateways: registry({}) } })).toEqual(["ok", "gateways 3"]);
  expect(await ask("registry.fresh", { registries: { gateways: registry({ lastError: "no RPC" }) } })).toEqual([
    "warn",
    "gateways, the last read serves: no RPC",
  ]);
  const stale = { gateways: registry({ stale: true, lastError: "no RPC" }), schedulers: registry({}) };
  expect(await ask("registry.fresh", { registries: stale })).toEqual(["fail", "gateways: no RPC"]);
  expect((await ask("registry.fresh", {}))[0]).toBe("skip");
});

test("what the node says of itself is red in its own words", async () => {
  expect(await ask("node.ready", {})).toEqual(["ok", "requests are served"]);
  expect(await ask("node.ready", { ready: false, reasons: ["the store does not answer"] })).toEqual([
    "fail",
    "the store does not answer",
  ]);
});

test("why a network gives no work is left to its own checks, which name the cause", async () => {
  const networks = [{ id: "toy", ready: false, reasons: ["it is sad"], listen: null, lines: [] }];
  const told = ["toy: it is sad"];
  expect(await ask("node.ready", { ready: false, reasons: told, networks })).toEqual([
    "ok",
    "it would, but for its networks: see theirs",
  ]);
  const reasons = [...told, "the store does not answer"];
  expect(await ask("node.ready", { ready: false, reasons, networks })).toEqual(["fail", "the store does not answer"]);
});
