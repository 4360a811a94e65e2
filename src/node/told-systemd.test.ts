import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import type { Health } from "../core/network.ts";
import { Successor } from "./handover/successor.ts";
import type { RunningNode } from "./node-parts.ts";
import { toldSystemd } from "./told-systemd.ts";

function rig(watchdogMs?: number) {
  const clock = new FakeClock();
  const told: Record<string, string | number>[] = [];
  let health: Health = { ready: false, reasons: ["the chain has not answered yet", "no model server"] };
  let stopped = (_cut: number) => {};
  const running: RunningNode = {
    deadlineMs: 30_000,
    publicPort: 1,
    adminPort: 2,
    readiness: () => health,
    reload: async () => undefined,
    stop: () =>
      new Promise((resolve) => {
        stopped = resolve;
      }),
    kill: async () => {},
    handOver: async () => ({ pid: 2, version: "2.0.0", listeners: 1 }),
    handedOver: new Promise(() => {}),
    ended: new Promise(() => {}),
  };
  const notify = (lines: Record<string, string | number>) => told.push(lines) > 0;
  const node = toldSystemd(running, { notify, watchdogMs, clock });
  return {
    clock,
    told,
    node,
    running,
    become: (next: Health) => (health = next),
    stopped: (cut: number) => stopped(cut),
  };
}

describe("a node that systemd has started", () => {
  test("is ready for systemd once it listens, and says whether it serves", () => {
    const { told } = rig();
    const STATUS = "not ready: the chain has not answered yet; no model server";
    expect(told).toEqual([{ READY: 1, MAINPID: process.pid, STATUS }]);
  });

  test("tells when that changes, and only then", async () => {
    const { clock, told, become } = rig();
    await clock.advance(60_000);
    expect(told.length).toBe(1);
    become({ ready: true, reasons: [] });
    await clock.advance(60_000);
    expect(told.slice(1)).toEqual([{ STATUS: "ready: requests are served" }]);
  });

  test("gives signs of life as often as is asked for, to the end of its last answer", async () => {
    const { clock, told, node, stopped } = rig(10_000);
    const signs = () => told.filter((lines) => "WATCHDOG" in lines).length;
    expect(signs()).toBe(1);
    await clock.advance(30_000);
    expect(signs()).toBe(4);
    const stopping = node.stop();
    await clock.advance(20_000);
    expect(signs()).toBe(6);
    stopped(3);
    expect(await stopping).toBe(3);
    await clock.advance(60_000);
    expect(signs()).toBe(6);
  });

  test("is silent once another process has taken over: that one is the service", async () => {
    const { clock, told, node, become } = rig(10_000);
    const successor = new Successor({ command: [process.execPath, "--version"], env: {}, clock });
    await node.handOver(successor);
    await successor.ended;
    const before = told.length;
    become({ ready: true, reasons: [] });
    await clock.advance(60_000);
    expect(told.length).toBe(before);
  });

  test("says that it stops, and how long that may take, before it does", () => {
    const { told, node } = rig();
    void node.stop();
    expect(told.at(-1)).toMatchObject({ STOPPING: 1, EXTEND_TIMEOUT_USEC: 40_000_000 });
  });
});

test("a node that systemd has not started is the very same", () => {
  const { running, clock } = rig();
  expect(toldSystemd(running, { notify: undefined, watchdogMs: 1, clock })).toBe(running);
});
