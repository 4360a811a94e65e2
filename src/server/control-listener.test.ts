import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askControl, controlSocketPath } from "../lib/control-socket.ts";
import { listenControl } from "./control-listener.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-control-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const answer = async (request: Request) =>
  Response.json({ method: request.method, path: new URL(request.url).pathname });

test("the socket is this user's alone, answers, and is gone after the stop", async () => {
  const control = listenControl(home, answer);
  expect(statSync(controlSocketPath(home)).mode & 0o777).toBe(0o600);
  expect(await askControl(home, "PUT", "/x")).toEqual({ status: 200, json: { method: "PUT", path: "/x" } });
  await control.stop();
  expect(existsSync(controlSocketPath(home))).toBeFalse();
  expect(await askControl(home, "GET", "/x")).toBeUndefined();
});

test("a socket file left by a killed node is replaced", async () => {
  writeFileSync(controlSocketPath(home), "");
  const control = listenControl(home, answer);
  expect((await askControl(home, "GET", "/x"))?.status).toBe(200);
  await control.stop();
});

test("a home too long for a socket is refused with what to do", () => {
  expect(() => listenControl(join(home, "x".repeat(100)), answer)).toThrow("too long");
});

test("Windows gets a named pipe of its own for each home", () => {
  expect(controlSocketPath("C:\\a", "win32")).toStartWith("\\\\.\\pipe\\fxn-");
  expect(controlSocketPath("C:\\a", "win32")).not.toBe(controlSocketPath("C:\\b", "win32"));
});
