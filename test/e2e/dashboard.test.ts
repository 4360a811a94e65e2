// The operator's page in headless Chromium: on the compiled node with traffic, and with all that a page can show.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { systemClock } from "../../src/core/clock.ts";
import { AdminAccess } from "../../src/server/admin-access.ts";
import { createAdminApp } from "../../src/server/admin-app.ts";
import { busyActivity } from "../fakes/activity.ts";
import { hardships, NO_BROWSER, picture, startBrowser, visit } from "../fakes/browser.ts";
import { BARE_ENV, fxn, makeHome, removeHome } from "./node.ts";
import { until } from "./until.ts";
import { unusedPort } from "./unused-port.ts";
import { CHAT, chatBody, openWorld, type World } from "./world.ts";

const HOSTILE = `<img src=x onerror="document.body.dataset.owned=1">`;
const LOOKS = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: "light", viewport: { width: 320, height: 640 } },
} as const;

let browser: Browser;
let world: World;
let adminPort: number;
beforeAll(async () => {
  if (NO_BROWSER === "") browser = await startBrowser();
  adminPort = await unusedPort();
  world = await openWorld({
    config: { admin: { listen: `127.0.0.1:${adminPort}` }, health: { interval: "100ms", failures: 1 } },
    models: (url) => ({
      models: [
        { id: "tiny", backends: [{ url }] },
        { id: HOSTILE, backends: [{ url: "http://127.0.0.1:1" }] },
      ],
    }),
  });
  for (let n = 0; n < 8; n++) await (await world.send(CHAT, chatBody({ stream: n % 2 === 0 }))).text();
  await (await world.send(CHAT, chatBody({ model: HOSTILE }))).text();
});
afterAll(async () => {
  await browser?.close();
  await world.close();
});

const text = async (page: Page, selector: string) => (await page.locator(selector).textContent()) ?? "";
const told = (page: Page) => page.locator("#told:not([hidden])").waitFor();

describe.skipIf(NO_BROWSER !== "")(`the page of a node with traffic${NO_BROWSER}`, () => {
  test("the same live facts as fxn status, with charts, from this origin alone: it works offline", async () => {
    const { page, elsewhere, faults, close } = await visit(browser, world.node.admin);
    await told(page);
    expect(await text(page, "#identity")).toContain(world.node.url.replace("http://", ""));
    await page.locator("#models li", { hasText: "tiny" }).waitFor();
    await page.locator("#backends", { hasText: "left out" }).waitFor();
    await page.locator("#registries", { hasText: "gateway" }).waitFor();
    await page.locator("#ledger-rows td", { hasText: "tiny" }).first().waitFor();
    // The samples of the node come every few seconds.
    await page.locator("#chart-requests .chart[aria-label*='2xx: now']").waitFor();
    expect(await page.locator("#chart-requests .chart").getAttribute("aria-label")).toMatch(
      /^Requests each second, \d\d:\d\d:\d\d to/,
    );
    expect(await page.title()).toMatch(/eady – fxn$/);
    expect({ elsewhere, faults }).toEqual({ elsewhere: [], faults: [] });
    await picture(page, "node");
    await close();
  });

  test("cross-site script: a model's name that is markup is shown as text", async () => {
    const { page, faults, close } = await visit(browser, world.node.admin);
    await told(page);
    await page.locator("#models li", { hasText: "onerror" }).waitFor();
    await page.locator("#ledger-rows td", { hasText: "onerror" }).first().waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator("body").getAttribute("data-owned")).toBeNull();
    expect(faults).toEqual([]);
    await close();
  });

  test("cross-site requests: a page of another site reads nothing, frames nothing, sends nothing", async () => {
    const other = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () =>
        new Response(
          `<iframe src="${world.node.admin}/"></iframe><script src="${world.node.admin}/activity"></script><form method="post" action="${world.node.admin}/status"></form>`,
          { headers: { "content-type": "text/html" } },
        ),
    });
    const context = await browser.newContext();
    const page = await context.newPage();
    // An answer that Chromium keeps from the other page counts as failed there.
    const ends = new Map<string, string>();
    page.on("requestfailed", (request) => ends.set(`${request.resourceType()} ${request.url()}`, "failed"));
    page.on("response", (response) => ends.set(`${response.request().resourceType()} ${response.url()}`, "answered"));
    await page.goto(`http://localhost:${other.port}/`);
    const read = await page.evaluate(`fetch("${world.node.admin}/activity").then(() => "read", (error) => error.name)`);
    expect(read).toBe("TypeError");
    const framed = page.frames().find((frame) => frame !== page.mainFrame());
    expect(await framed?.locator("#told").count()).toBe(0);
    expect(ends.get(`script ${world.node.admin}/activity`)).toBe("failed");
    const sent = page.waitForResponse(`${world.node.admin}/status`);
    await page.evaluate("document.forms[0].submit()");
    expect((await sent).status()).toBe(403);
    await context.close();
    await other.stop(true);
  });

  test("it says that the node does not answer, and goes on when it is back", async () => {
    const { page, close } = await visit(browser, world.node.admin);
    await told(page);
    await world.node.stop();
    await page.locator("#silence", { hasText: "The node does not answer." }).waitFor();
    expect(await text(page, "#badge")).toBe("No answer");
    await world.restart();
    await page.locator("#silence[hidden]").waitFor({ state: "attached" });
    expect(await text(page, "#badge")).toContain("eady");
    await close();
  });
});

describe("fxn dashboard open", () => {
  test("prints where the page is; opens it by the system's opener, without a shell", async () => {
    const tools = join(world.home, "tools");
    mkdirSync(tools);
    const opened = join(world.home, "opened");
    writeFileSync(join(tools, "xdg-open"), `#!/bin/sh\nprintf '%s\\n' "$#" "$1" >'${opened}'\n`);
    chmodSync(join(tools, "xdg-open"), 0o755);
    const env = { ...BARE_ENV, PATH: `${tools}:${BARE_ENV.PATH}`, DISPLAY: ":99" };
    const { code, stdout, stderr } = await fxn(["dashboard", "open", "--home", world.home], { env });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${world.node.admin}/\n`, stderr: "" });
    if (process.platform === "linux") expect(readFileSync(opened, "utf8")).toBe(`1\n${world.node.admin}/\n`);
  });

  test("--print and --json open nothing; without a display it says how to come from another machine", async () => {
    const print = await fxn(["dashboard", "open", "--print", "--home", world.home], { env: { DISPLAY: ":99" } });
    expect([print.code, print.stdout, print.stderr]).toEqual([0, `${world.node.admin}/\n`, ""]);
    const json = await fxn(["dashboard", "open", "--json", "--home", world.home]);
    expect(JSON.parse(json.stdout)).toEqual({ schema: 1, url: `${world.node.admin}/` });
    const { code, stderr } = await fxn(["dashboard", "open", "--home", world.home], { env: { USER: "ann" } });
    if (process.platform === "linux") expect(stderr).toContain(`ssh -N -L ${adminPort}:127.0.0.1:${adminPort} ann@`);
    expect(code).toBe(0);
  });

  test("no node on this home: exit code 1, and what to do", async () => {
    const home = makeHome();
    const { code, stderr } = await fxn(["dashboard", "open", "--home", home]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `fxn: no node runs on ${home}\n  Start it with: fxn start\n` });
    removeHome(home);
  });

  test("nothing of it is reachable from the public port", async () => {
    for (const path of ["/", "/dashboard", "/activity", "/status", "/metrics", "/session", "/page.js", "/page.css"]) {
      expect((await fetch(`${world.node.url}${path}`)).status).toBe(404);
    }
  });
});

describe("an admin listener that others reach", () => {
  let open: World;
  let link: string;
  beforeAll(async () => {
    open = await openWorld({ config: { admin: { listen: "0.0.0.0:0" } } });
  });
  afterAll(() => open.leave());
  const printed = async () => {
    const { stdout } = await fxn(["dashboard", "open", "--print", "--home", open.home]);
    return stdout.trim();
  };

  test("has a token of its own in the home, mode 0600, and asks for it", async () => {
    const file = join(open.home, "admin-token");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const token = readFileSync(file, "utf8").trim();
    expect(token).toHaveLength(43);
    for (const path of ["/activity", "/status"]) {
      expect((await fetch(`${open.node.admin}${path}`)).status).toBe(401);
      const answer = await fetch(`${open.node.admin}${path}`, { headers: { authorization: `Bearer ${token}` } });
      expect(answer.status).toBe(200);
    }
    // What Prometheus reads is open as ever.
    expect((await fetch(`${open.node.admin}/metrics`)).status).toBe(200);
    expect((await fetch(`${open.node.admin}/status?token=${token}`)).status).toBe(400);
    expect(open.node.log()).not.toContain(token);
  });

  test.skipIf(NO_BROWSER !== "")(`a link opens the page once, and leaves the address bar${NO_BROWSER}`, async () => {
    link = await printed();
    expect(link).toStartWith(`${open.node.admin}/#link=`);
    const first = await visit(browser, link);
    await told(first.page);
    expect(first.page.url()).toBe(`${open.node.admin}/`);
    await first.page.reload();
    await told(first.page);
    await first.close();
    expect(open.node.log()).not.toContain(link.split("=")[1] ?? "");

    const second = await visit(browser, link);
    await second.page.locator("#entrance").waitFor();
    expect(await second.page.locator("#told").isVisible()).toBe(false);
    expect(await hardships(second.page)).toEqual([]);
    await picture(second.page, "entrance");
    await second.page.getByLabel("Admin token").fill("not-the-token-at-all");
    await second.page.keyboard.press("Enter");
    await second.page.getByText("That is not the token.").waitFor();
    await second.page.getByLabel("Admin token").fill(readFileSync(join(open.home, "admin-token"), "utf8").trim());
    await second.page.getByRole("button", { name: "Open" }).click();
    await told(second.page);
    expect(second.faults).toEqual([]);
    await second.close();
  });
});

describe.skipIf(NO_BROWSER !== "")(`the page with all that it can show${NO_BROWSER}`, () => {
  let server: ReturnType<typeof Bun.serve>;
  beforeAll(() => {
    const app = createAdminApp({
      metrics: async () => ({ type: "text/plain", text: "" }),
      status: () => ({}),
      activity: () => JSON.stringify(busyActivity(Date.now())),
      readiness: () => ({ ready: true, reasons: [] }),
      allowedHosts: [],
      access: new AdminAccess(undefined, systemClock),
    });
    server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => app(request) });
  });
  afterAll(() => server.stop(true));
  const open = async (options = {}) => {
    const visited = await visit(browser, server.url.href, options);
    await told(visited.page);
    return visited;
  };

  test.each(Object.entries(LOOKS))(
    "%s: axe finds nothing, and nothing is wider than the window",
    async (name, look) => {
      const { page, faults, elsewhere, close } = await open(look);
      await picture(page, name);
      expect(await hardships(page)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      for (const summary of await page.locator("summary").all()) await summary.click();
      expect(await hardships(page)).toEqual([]);
      expect({ faults, elsewhere }).toEqual({ faults: [], elsewhere: [] });
      await close();
    },
  );

  test("everything is reached and worked by keyboard, and has a name", async () => {
    const { page, close } = await open();
    const focused = () =>
      page.evaluate<string>(
        `(({ tagName, id, ariaLabel, textContent, labels }) => [tagName.toLowerCase(), ariaLabel ?? labels?.[0]?.textContent ?? textContent].join(" ").trim().slice(0, 60))(document.activeElement)`,
      );
    const stops: string[] = [];
    for (let n = 0; n < 60; n++) {
      await page.keyboard.press("Tab");
      const stop = await focused();
      if (stop.startsWith("body")) break;
      stops.push(stop);
    }
    expect(stops[0]).toBe("a Skip to the facts");
    for (const wanted of [
      "input Auto",
      "a Ledger",
      "svg Requests each second",
      "svg Time to the first token",
      "svg Tokens",
      "svg GPU utilisation",
      "svg GPU memory",
      "summary As a table",
      "select Network",
      "select Model",
      "select Outcome",
      "div Ledger, scrolls",
      "div Last challenges, scrolls",
    ]) {
      expect(
        stops.find((stop) => stop.startsWith(wanted)) ?? `nothing like "${wanted}" in ${stops.join("; ")}`,
      ).toStartWith(wanted);
    }
    const chart = page.locator("#chart-requests");
    await chart.locator(".chart").focus();
    await page.keyboard.press("Home");
    const first = await chart.locator(".reading").textContent();
    await page.keyboard.press("ArrowRight");
    const second = await chart.locator(".reading").textContent();
    expect(first).toMatch(/^\d\d:\d\d:\d\d\s+2xx [\d.]+, 4xx [\d.]+, 5xx [\d.]+$/);
    expect(second).not.toBe(first);
    await page.keyboard.press("Escape");
    expect(await chart.locator(".reading").textContent()).toBe("");
    await chart.locator("summary").focus();
    await page.keyboard.press("Enter");
    expect(await chart.locator("tbody tr").count()).toBe(60);
    await close();
  });

  test("the ledger is filtered by network, model and outcome, and stays so as new rows come", async () => {
    const { page, close } = await open();
    expect(await text(page, "#ledger-count")).toBe("32 of the last 32");
    await page.locator("#filter-network").selectOption("fedai");
    await until(async () => (await text(page, "#ledger-count")) === "8 of the last 32");
    await page.locator("#filter-outcome").selectOption("error");
    const narrowed = await text(page, "#ledger-count");
    await page.waitForResponse((response) => response.url().endsWith("/activity"));
    expect(await text(page, "#ledger-count")).toBe(narrowed);
    expect(await page.locator("#filter-network").inputValue()).toBe("fedai");
    const networks = await page.locator("#ledger-rows tbody td:nth-child(2)").allTextContents();
    expect([...new Set(networks)].filter((network) => network !== "fedai")).toEqual([]);
    await close();
  });

  test("the switch of colours goes before the system's, and is remembered", async () => {
    const { page, close } = await open({ colorScheme: "light" });
    const colour = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    const light = await colour();
    await page.getByLabel("Dark").focus();
    await page.keyboard.press("Space");
    const dark = await colour();
    expect(dark).not.toBe(light);
    await page.reload();
    await told(page);
    expect(await colour()).toBe(dark);
    await page.getByLabel("Auto").check();
    expect(await colour()).toBe(light);
    await close();
  });

  test("each trouble has its next step; challenges have verdicts, earnings exact amounts", async () => {
    const { page, close } = await open();
    const troubles = await text(page, "#troubles");
    expect(troubles).toContain("oarn gives no work: the wallet has 0.0003 ETH");
    expect(troubles).toContain("fxn why");
    expect(troubles).toContain("fxn doctor");
    expect(await text(page, "#challenges")).toMatch(/failed[\s\S]*the GPU has no memory left/);
    expect(await text(page, "#earnings")).toContain("41.5 COMP");
    expect(await text(page, "#network-cards")).toContain("1204 paid, 0 owed");
    await close();
  });
});
