// The operator's page with all that it can show, in headless Chromium: how it looks, and who can work it.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import type { Activity } from "../../src/core/activity.ts";
import { systemClock } from "../../src/core/clock.ts";
import { AdminAccess } from "../../src/server/admin-access.ts";
import { createAdminApp } from "../../src/server/admin-app.ts";
import { busyActivity, crowdedActivity } from "../fakes/activity.ts";
import { hardships, NO_BROWSER, picture, startBrowser, text, told, visit } from "../fakes/browser.ts";
import { until } from "./until.ts";

const LOOKS = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  crowded: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: "light", reducedMotion: "reduce", viewport: { width: 320, height: 640 } },
} as const;

/** By the name of the file in build/pictures. */
const SHOWN = {
  "page-light": { colorScheme: "light", viewport: { width: 1200, height: 1040 } },
  "page-dark": { colorScheme: "dark", viewport: { width: 1200, height: 1040 } },
  "page-phone": { colorScheme: "dark", viewport: { width: 360, height: 780 }, deviceScaleFactor: 1.5 },
} as const;

let browser: Browser;
beforeAll(async () => {
  if (NO_BROWSER === "") browser = await startBrowser();
});
afterAll(() => browser?.close());

describe.skipIf(NO_BROWSER !== "")(`the page with all that it can show${NO_BROWSER}`, () => {
  let server: ReturnType<typeof Bun.serve>;
  let activity: (now: number) => Activity = busyActivity;
  beforeAll(() => {
    const app = createAdminApp({
      metrics: async () => ({ type: "text/plain", text: "" }),
      status: () => ({}),
      activity: () => JSON.stringify(activity(Date.now())),
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
      // Twenty models with long names, eight GPUs.
      activity = name === "light" || name === "dark" ? busyActivity : crowdedActivity;
      const { page, faults, elsewhere, close } = await open(look);
      await picture(page, name);
      const scroll = await page.evaluate("getComputedStyle(document.documentElement).scrollBehavior");
      expect(scroll).toBe("reducedMotion" in look ? "auto" : "smooth");
      for (const summary of await page.locator("summary").all()) await summary.click();
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      expect(await hardships(page)).toEqual([]);
      activity = busyActivity;
      expect({ faults, elsewhere }).toEqual({ faults: [], elsewhere: [] });
      await close();
    },
  );

  test.skipIf(!process.env.FXN_TEST_PICTURES)("its pictures for README (only with FXN_TEST_PICTURES)", async () => {
    for (const [name, look] of Object.entries(SHOWN)) {
      const { page, close } = await open(look);
      await picture(page, name, false);
      await close();
    }
  });

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
      "svg Requests per second",
      "svg Time to the first token",
      "svg Tokens",
      "svg GPU utilisation",
      "svg GPU memory",
      "svg COMP each day (UTC)",
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
    await until(async () => (await chart.locator("tbody tr").count()) === 60);
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

  test("eight GPUs have a line each; of more, the highest, the mean and the lowest", async () => {
    activity = crowdedActivity;
    const { page, close } = await open();
    const legend = () => page.locator("#chart-gpu .legend li").allTextContents();
    expect((await legend()).map((line) => line.replace(/ \d+ %$/, ""))).toEqual(
      Array.from({ length: 8 }, (_, at) => `GPU ${at}`),
    );
    activity = (now) => crowdedActivity(now, 56);
    await until(async () => (await legend()).length === 3);
    expect((await legend()).map((line) => line.split(" ")[0])).toEqual(["highest", "mean", "lowest"]);
    expect(await page.locator("#gpus tbody tr").count()).toBe(56);
    activity = busyActivity;
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
