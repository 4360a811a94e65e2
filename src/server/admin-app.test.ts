import { describe, expect, test } from "bun:test";
import { createAdminApp } from "./admin-app.ts";
import { createControlApp } from "./control-app.ts";

const app = createAdminApp({
  metrics: async () => ({ type: "text/plain", text: "fxn_ready 1\n" }),
  status: () => ({ version: "1" }),
  readiness: () => ({ ready: false, reasons: ["no chain"] }),
  allowedHosts: ["node.lan", "FD00::1"],
});
const get = (path: string, host = "127.0.0.1:9464") =>
  app(new Request(`http://127.0.0.1:9464${path}`, { headers: { host } }));

describe("admin listener", () => {
  test("metrics, status, and readiness with its reasons", async () => {
    expect(await (await get("/metrics")).text()).toBe("fxn_ready 1\n");
    expect(await (await get("/status")).json()).toEqual({ version: "1" });
    const ready = await get("/ready");
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, reasons: ["no chain"] }]);
  });

  test("DNS rebinding: a foreign Host is refused, loopback names and configured ones pass", async () => {
    for (const host of ["evil.example", "evil.example:9464", "127.0.0.1.evil.example", ""]) {
      expect((await get("/status", host)).status).toBe(403);
    }
    for (const host of ["localhost:9464", "LOCALHOST", "[::1]:9464", "node.lan", "127.0.0.1", "[fd00::1]:9464"]) {
      expect((await get("/status", host)).status).toBe(200);
    }
  });

  test("nothing here changes state: other paths and methods are 404", async () => {
    expect((await get("/log-level/debug")).status).toBe(404);
    expect(
      (await app(new Request("http://127.0.0.1/status", { method: "POST", headers: { host: "localhost" } }))).status,
    ).toBe(404);
  });
});

test("control: sets the log level, refuses what is no level", async () => {
  const levels: string[] = [];
  const control = createControlApp({
    status: () => ({}),
    readiness: () => ({ ready: true, reasons: [] }),
    challenge: async () => new Response(),
    restart: async () => ({ pid: 1, version: "1.0.0" }),
    setLogLevel: (level) => levels.push(level),
    checks: async () => [],
    rehearsal: { open: async () => ({ port: 1, seconds: 1 }), close: async () => {} },
  });
  const put = (level: string) => control(new Request(`http://control/log-level/${level}`, { method: "PUT" }));
  expect([(await put("debug")).status, (await put("loud")).status]).toEqual([200, 404]);
  expect(levels).toEqual(["debug"]);
  expect(await (await put("loud")).json()).toMatchObject({
    error: { message: "log levels are debug, info, warn, error" },
  });
});
