import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { Secret } from "../core/secret.ts";
import { AdminAccess } from "./admin-access.ts";
import { createAdminApp } from "./admin-app.ts";
import { createControlApp } from "./control-app.ts";

const HOME = "http://127.0.0.1:9464";

function openApp(token?: string) {
  const clock = new FakeClock();
  const access = new AdminAccess(token === undefined ? undefined : new Secret(token), clock);
  const app = createAdminApp({
    metrics: async () => ({ type: "text/plain", text: "fxn_ready 1\n" }),
    status: () => ({ version: "1" }),
    activity: () => '{"schema":1}',
    readiness: () => ({ ready: false, reasons: ["no chain"] }),
    allowedHosts: ["node.lan", "FD00::1"],
    access,
  });
  return {
    clock,
    access,
    /** @param peer the address that asks */
    ask: (path: string, headers: Record<string, string> = {}, method = "GET", peer = "192.0.2.1") =>
      app(new Request(`${HOME}${path}`, { method, headers: { host: "127.0.0.1:9464", ...headers } }), {
        peer: () => peer,
      }),
  };
}
const { ask } = openApp();
const FACTS = ["/status", "/activity"];

async function refusal(response: Response): Promise<string> {
  const { error }: { error: { code: string } } = JSON.parse(await response.text());
  return `${response.status} ${error.code}`;
}

describe("admin listener", () => {
  test("metrics, status, activity, and readiness with its reasons", async () => {
    expect(await (await ask("/metrics")).text()).toBe("fxn_ready 1\n");
    expect(await (await ask("/status")).json()).toEqual({ version: "1" });
    const activity = await ask("/activity");
    expect([activity.headers.get("content-type"), await activity.json()]).toEqual(["application/json", { schema: 1 }]);
    const ready = await ask("/ready");
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, reasons: ["no chain"] }]);
    const head = await ask("/status", {}, "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  test("the page, its style and its script are there, and nobody may keep, frame or extend them", async () => {
    for (const [path, type] of [
      ["/", "text/html"],
      ["/page.css", "text/css"],
      ["/page.js", "text/javascript"],
    ] as const) {
      const { status, headers } = await ask(path);
      expect([status, headers.get("content-type")?.split(";")[0]]).toEqual([200, type]);
      expect(headers.get("content-security-policy")).toStartWith(
        "default-src 'none'; script-src 'self'; style-src 'self'",
      );
      expect(headers.get("content-security-policy")).toContain(
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      );
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
  });

  test("nothing of the page is fetched from elsewhere", async () => {
    const page = (await Promise.all(["/", "/page.css"].map(async (path) => (await ask(path)).text()))).join("");
    const urls = page.match(/(?:https?:)?\/\/[^\s'"]+/g);
    expect(urls).toEqual(["http://www.w3.org/2000/svg"]);
    expect(await (await ask("/page.js")).text()).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/,
    );
  });

  test("read-only: other paths are 404, other methods 405", async () => {
    expect((await ask("/log-level/debug")).status).toBe(404);
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      expect(await refusal(await ask("/status", {}, method))).toBe("405 method_not_allowed");
    }
  });
});

describe("attacks on the admin listener", () => {
  test("DNS rebinding: a foreign Host is refused, loopback names and configured ones pass", async () => {
    for (const host of ["evil.example", "evil.example:9464", "127.0.0.1.evil.example", ""]) {
      for (const path of ["/", ...FACTS]) expect((await ask(path, { host })).status).toBe(403);
    }
    const almost = ["localhost.", "127.0.0.1.:9464", "node.lan.", "localhost:9464:9464", "localhost:", "[::1", "::1"];
    const disguised = [
      "[::ffff:127.0.0.1]",
      "0x7f000001",
      "2130706433",
      "127.1",
      "localhost@evil.example",
      "a localhost",
    ];
    for (const host of [...almost, ...disguised]) expect((await ask("/status", { host })).status).toBe(403);
    for (const host of ["localhost:9464", "LOCALHOST", "[::1]:9464", "node.lan", "127.0.0.1", "[fd00::1]:9464"]) {
      expect((await ask("/status", { host })).status).toBe(200);
    }
  });

  test("cross-site fetch: another site, or another port of this host, gets nothing and no CORS header", async () => {
    for (const site of ["cross-site", "same-site"]) {
      for (const path of ["/", "/page.js", "/metrics", "/ready", "/session", ...FACTS]) {
        const answer = await ask(path, {
          "sec-fetch-site": site,
          "sec-fetch-mode": "no-cors",
          "sec-fetch-dest": "script",
        });
        expect(await refusal(answer)).toBe("403 cross_site");
      }
    }
    for (const origin of ["https://evil.example", "null", "http://127.0.0.1:3000"]) {
      const answer = await ask("/status", { origin });
      expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
      expect(await refusal(answer)).toBe("403 cross_site");
    }
    const own = await ask("/status", { origin: HOME, "sec-fetch-site": "same-origin" });
    expect(own.status).toBe(200);
  });

  test("cross-site navigation: a link leads to the page, and to no facts", async () => {
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    expect((await ask("/", link)).status).toBe(200);
    for (const path of FACTS) expect((await ask(path, link)).status).toBe(403);
  });

  test("cross-site form: a POST is refused", async () => {
    const form = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    for (const path of ["/", ...FACTS]) {
      const answer = await ask(path, { ...form, origin: "https://evil.example" }, "POST");
      expect(answer.status).toBe(403);
      expect((await ask(path, form, "POST")).status).toBeGreaterThanOrEqual(403);
    }
  });

  test("framing: a frame of another site gets no page", async () => {
    const frame = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" };
    expect(await refusal(await ask("/", frame))).toBe("403 cross_site");
  });

  test("path traversal: assets are three names, not files", async () => {
    for (const path of [
      "/%2e%2e/config.yaml",
      "//page.css",
      "/page.css/..%2f..%2fnodekey.json",
      "/..%5cnodekey.json",
      "/assets/page.js",
    ]) {
      expect((await ask(path)).status).toBe(404);
    }
  });
});

describe("an admin listener with a token", () => {
  const TOKEN = "correct-horse-battery";
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  test("facts are for who has it; the page itself tells nothing and is open, as are metrics", async () => {
    const { ask } = openApp(TOKEN);
    for (const path of [...FACTS, "/anything"]) expect(await refusal(await ask(path))).toBe("401 token_missing");
    for (const path of FACTS) expect((await ask(path, bearer(TOKEN))).status).toBe(200);
    for (const path of ["/", "/page.css", "/page.js", "/metrics"]) expect((await ask(path)).status).toBe(200);
  });

  test("/ready keeps its status code for health checks, and its reasons for who has the token", async () => {
    const { ask } = openApp(TOKEN);
    const answer = await ask("/ready");
    expect([answer.status, await answer.json()]).toEqual([503, { ready: false }]);
    expect(await (await ask("/ready", bearer(TOKEN))).json()).toEqual({ ready: false, reasons: ["no chain"] });
  });

  test("a wrong, shortened or lengthened token is refused", async () => {
    const { ask } = openApp(TOKEN);
    for (const token of ["wrong", TOKEN.slice(1), `${TOKEN}x`, TOKEN.toUpperCase()]) {
      expect(await refusal(await ask("/status", bearer(token)))).toBe("401 token_wrong");
    }
    expect((await ask("/status", { authorization: `Basic ${TOKEN}` })).status).toBe(401);
  });

  test("a token in the query is refused, even the right one", async () => {
    const { ask } = openApp(TOKEN);
    for (const name of ["token", "access_token"]) {
      expect(await refusal(await ask(`/status?${name}=${TOKEN}`))).toBe("400 token_in_url");
    }
    expect(await refusal(await ask(`/?token=${TOKEN}`, bearer(TOKEN)))).toBe("400 token_in_url");
  });

  test("a link gives the token once, and for ten minutes", async () => {
    const { ask, access, clock } = openApp(TOKEN);
    const code = access.newLink() ?? "";
    expect(await (await ask("/session", bearer(code))).json()).toEqual({ token: TOKEN });
    expect(await refusal(await ask("/session", bearer(code)))).toBe("401 token_wrong");
    const late = access.newLink() ?? "";
    clock.advance(10 * 60_000);
    expect(await refusal(await ask("/session", bearer(late)))).toBe("401 token_wrong");
    expect((await ask("/status", bearer(access.newLink() ?? ""))).status).toBe(401);
  });

  test("brute force: after ten wrong tokens an address waits, another does not", async () => {
    const { ask, clock } = openApp(TOKEN);
    for (let tries = 0; tries < 10; tries++) expect((await ask("/status", bearer(`guess-${tries}`))).status).toBe(401);
    const answer = await ask("/status", bearer(TOKEN));
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "60"]);
    expect((await ask("/session", bearer("guess"))).status).toBe(429);
    expect((await ask("/status", bearer(TOKEN), "GET", "192.0.2.2")).status).toBe(200);
    clock.advance(60_000);
    expect((await ask("/status", bearer(TOKEN))).status).toBe(200);
  });

  test("brute force from one IPv6 network counts as from one address", async () => {
    const { ask } = openApp(TOKEN);
    for (let n = 1; n <= 10; n++) await ask("/status", bearer("guess"), "GET", `2001:db8:0:1::${n}`);
    expect((await ask("/status", bearer(TOKEN), "GET", "2001:db8:0:1:a:b:c:d")).status).toBe(429);
    expect((await ask("/status", bearer(TOKEN), "GET", "2001:db8:0:2::1")).status).toBe(200);
  });

  test("without one no link has a code", () => {
    expect(openApp().access.newLink()).toBeUndefined();
  });
});

test("control: sets the log level, refuses what is no level", async () => {
  const levels: string[] = [];
  const control = createControlApp({
    status: () => ({}),
    activity: () => "{}",
    dashboard: () => ({ url: "http://127.0.0.1:1/" }),
    readiness: () => ({ ready: true, reasons: [] }),
    challenge: async () => new Response(),
    reload: async () => ({}),
    differences: async () => [],
    restart: async () => ({ pid: 1, version: "1.0.0" }),
    drain: async () => ({ cut: 0 }),
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
