import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openNotifySocket } from "../../test/fakes/notify-socket.ts";
import { openNotify, unixAddress, watchdogMs } from "./sd-notify.ts";

const linux = process.platform === "linux";
const missing = linux ? "" : " (skipped: not Linux)";

describe.skipIf(!linux)(`sd_notify on a real socket${missing}`, () => {
  for (const [kind, name] of [
    ["a path", () => join(mkdtempSync(join(tmpdir(), "fxn-notify-")), "notify")],
    ["an abstract name", () => `@fxn-notify-${process.pid}-${Math.random()}`],
  ] as const) {
    test(`${kind}: each call is one datagram of lines`, () => {
      const at = name();
      const socket = openNotifySocket(at);
      const notify = openNotify({ NOTIFY_SOCKET: at });
      expect(notify?.({ READY: 1, STATUS: "listens — ü" })).toBeTrue();
      expect(notify?.({ STOPPING: 1 })).toBeTrue();
      expect(socket.received()).toEqual([["READY=1", "STATUS=listens — ü"], ["STOPPING=1"]]);
      socket.close();
      if (at.startsWith("/")) rmSync(dirname(at), { recursive: true });
    });
  }

  test("a value with a new line in it does not become a line of its own", () => {
    const at = `@fxn-notify-${process.pid}-lines`;
    const socket = openNotifySocket(at);
    openNotify({ NOTIFY_SOCKET: at })?.({ STATUS: "the chain said\r\nMAINPID=1" });
    expect(socket.received()).toEqual([["STATUS=the chain said MAINPID=1"]]);
    socket.close();
  });

  test("nobody listens any more, or never did: false, and no fault", () => {
    expect(openNotify({ NOTIFY_SOCKET: "/nonexistent/notify" })?.({ READY: 1 })).toBeFalse();
  });

  test("systemd that reads nothing does not hold the node", () => {
    const at = `@fxn-notify-${process.pid}-full`;
    const socket = openNotifySocket(at);
    const notify = openNotify({ NOTIFY_SOCKET: at });
    const sent = Array.from({ length: 20_000 }, () => notify?.({ STATUS: "x".repeat(200) }));
    expect(sent[0]).toBeTrue();
    expect(sent.at(-1)).toBeFalse();
    socket.close();
  });
});

test("without the variable, on another system, or with a name that is no socket's, nobody is told", () => {
  expect(openNotify({}, "linux")).toBeUndefined();
  expect(openNotify({ NOTIFY_SOCKET: "/run/notify" }, "darwin")).toBeUndefined();
  for (const name of ["", "@", "relative/path", "vsock:2:1234", `/${"x".repeat(107)}`])
    expect(openNotify({ NOTIFY_SOCKET: name }, "linux")).toBeUndefined();
});

test("an abstract name has a zero before it and none after it, a path the other way round", () => {
  expect(Buffer.from(unixAddress("@ab") ?? []).toString("latin1")).toBe("\x01\0\0ab");
  expect(Buffer.from(unixAddress("/a") ?? []).toString("latin1")).toBe("\x01\0/a\0");
});

test("signs of life come twice as often as systemd waits for them", () => {
  expect(watchdogMs({ WATCHDOG_USEC: "60000000" })).toBe(30_000);
  expect(watchdogMs({ WATCHDOG_USEC: "1" })).toBe(1);
  for (const text of ["", "0", "x", "-5"]) expect(watchdogMs({ WATCHDOG_USEC: text })).toBeUndefined();
  expect(watchdogMs({})).toBeUndefined();
});
