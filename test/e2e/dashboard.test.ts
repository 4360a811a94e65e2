// The operator's page on the compiled node, in headless Chromium: what has really happened there, and who may see it.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { systemClock } from "../../src/core/clock.ts";
import { openDatabase } from "../../src/store/database.ts";
import { SqliteEarnings } from "../../src/store/earnings.ts";
import { hardships, NO_BROWSER, picture, startBrowser, text, told, visit } from "../fakes/browser.ts";
import { recordedNvidiaSmi } from "../fakes/gpu-machine.ts";
import { BARE_ENV, fxn, makeHome, removeHome } from "./node.ts";
import { until } from "./until.ts";
import { unusedPort } from "./unused-port.ts";
import { CHAT, chatBody, openWorld, type World } from "./world.ts";

const HOSTILE = `<img src=x onerror="document.body.dataset.owned=1">`;

let browser: Browser;
let world: World;
let adminPort: number;
const gpuTools = recordedNvidiaSmi();
const withGpus = { PATH: `${gpuTools}:${BARE_ENV.PATH}` };
beforeAll(async () => {
  if (NO_BROWSER === "") browser = await startBrowser();
  adminPort = await unusedPort();
  world = await openWorld({
    config: {
      // Nobody tells it its public IP, without which it cannot say who it is.
      node: { listenPort: 0, publicIpUrl: "http://127.0.0.1:1/" },
      admin: { listen: `127.0.0.1:${adminPort}` },
      health: { interval: "100ms", failures: 1 },
    },
    run: { env: withGpus },
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
  removeHome(gpuTools);
});

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
      /^Requests per second, \d\d:\d\d:\d\d to/,
    );
    expect(await page.title()).toBe("Ready – fxn");
    expect({ elsewhere, faults }).toEqual({ elsewhere: [], faults: [] });
    await picture(page, "node");
    await close();
  });

  test("charts of requests, first-token time and tokens move when real requests come, and the ledger has their rows", async () => {
    const { page, close } = await visit(browser, world.node.admin);
    await told(page);
    for (const chart of ["requests", "first", "tokens"]) await page.locator(`#chart-${chart} summary`).click();
    const column = (chart: string, n: number) =>
      page.locator(`#chart-${chart} tbody td:nth-child(${n + 1})`).allTextContents();
    /** Of all samples, each of which is of five seconds. */
    const total = async (chart: string, n: number) =>
      Math.round((await column(chart, n)).reduce((sum, value) => sum + Number(value) * 5, 0));
    const totals = async () => [await total("requests", 1), await total("tokens", 1), await total("tokens", 2)];
    const measured = async () => (await column("first", 1)).filter((value) => value !== "–").length;
    // What the model server says of each: 5 tokens written, 7 read.
    const are = (count: number) =>
      until(async () => Bun.deepEquals(await totals(), [count, 5 * count, 7 * count]), 40_000);
    await are(8);
    const before = await measured();
    const kept = Number((await text(page, "#ledger-count")).split(" ").at(-1));
    for (let n = 0; n < 3; n++) await (await world.send(CHAT, chatBody({ stream: true }))).text();
    await are(11);
    await until(async () => (await measured()) > before);
    expect((await column("first", 1)).find((value) => value !== "–")).toMatch(/^\d+ ms$/);
    await until(async () => (await text(page, "#ledger-count")) === `${kept + 3} of the last ${kept + 3}`);
    const newest = await page.locator("#ledger-rows tbody tr").first().locator("td").allTextContents();
    expect(newest).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d$/),
      ...["function", "tiny", expect.stringMatching(/^0x\w{6}….{4}$/), "7", "5"],
      ...[expect.stringMatching(/ m?s$/), expect.stringMatching(/ m?s$/), "ok"],
    ]);
    await close();
  }, 90_000);

  test("the last challenges with their verdicts: answered, refused, and failed with its reason, as the scheduler met them", async () => {
    const { page, close } = await visit(browser, world.node.admin);
    await told(page);
    await page.locator("#challenges", { hasText: "None since the node started." }).waitFor();
    const ask = async (type: string, payload: unknown) =>
      (await world.send("/challenge", { type, payload }, { as: "scheduler" })).status;
    expect(await ask("MATRIX_MULTIPLICATION", { size: 16 })).toBe(200);
    expect(await ask("ENDPOINT_REACHABLE", 5)).toBe(400);
    expect(await ask("IDENTITY", {})).toBe(500);
    await page.locator("#challenges", { hasText: "IDENTITY" }).waitFor();
    const rows = await page.locator("#challenges tbody tr").all();
    const cells = await Promise.all(rows.map((row) => row.locator("td").allTextContents()));
    expect(cells.map(([, type, verdict, , why]) => [type, verdict, why])).toEqual([
      ["IDENTITY", "failed", "this node could not find out its public IP"],
      ["ENDPOINT_REACHABLE", "refused", expect.stringMatching(/^payload: /)],
      ["MATRIX_MULTIPLICATION", "answered", ""],
    ]);
    expect(await text(page, "#troubles")).toMatch(
      /A challenge \(IDENTITY\) failed at \d\d:\d\d:\d\d: this node could not find out its public IP/,
    );
    await close();
  }, 60_000);

  test.skipIf(process.platform === "win32")(
    "GPUs are those that fxn gpu list reads, and what a card does not tell is not said",
    async () => {
      const { stdout } = await fxn(["gpu", "list"], { env: withGpus });
      expect(stdout.match(/NVIDIA H100 80GB HBM3/g)).toHaveLength(2);
      const { page, close } = await visit(browser, world.node.admin);
      await told(page);
      const rows = await page.locator("#gpus tbody tr").all();
      expect(await Promise.all(rows.map((row) => row.locator("td").allTextContents()))).toEqual([
        ["0", "NVIDIA H100 80GB HBM3", "–", "87 MiB of 79.6 GiB", "31 °C", "119 W", "570.124.06"],
        ["1", "NVIDIA H100 80GB HBM3", "98 %", "72.6 GiB of 79.6 GiB", "67 °C", "642 W", "570.124.06"],
      ]);
      const label = (await page.locator("#chart-gpu .chart").getAttribute("aria-label")) ?? "";
      expect(label).toContain("GPU 0: now –, highest –. GPU 1: now 98 %, highest 98 %.");
      await close();
    },
    60_000,
  );

  test("earnings: what a network books appears, today's sum and a chart of thirty days", async () => {
    const { page, close } = await visit(browser, world.node.admin);
    await told(page);
    await page.locator("#earnings", { hasText: "Nothing was paid in 30 days" }).waitFor();
    const db = openDatabase(world.home, { claim: () => undefined, refuseUpTo() {} });
    const paid = { network: "oarn", job: "7", model: "tiny", kind: "reward", asset: "COMP" } as const;
    await new SqliteEarnings(db, systemClock).add({
      ...paid,
      at: Date.now(),
      amount: 1_250_000_000_000_000_001n,
      transaction: "0x7",
    });
    db.close();
    await page.locator("#earnings tbody tr").waitFor();
    const cells = await page.locator("#earnings tbody td").allTextContents();
    expect(cells).toEqual(["oarn", "paid", "1.250000000000000001 COMP", "1.250000000000000001 COMP"]);
    expect(await page.locator("#earning-charts .chart").getAttribute("aria-label")).toMatch(
      /^COMP each day \(UTC\), \d+ \w+ to \d+ \w+\. oarn: now 1\.25, highest 1\.25\./,
    );
    await picture(page, "working");
    await close();
  }, 60_000);

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
    expect(await text(page, "#silence")).toMatch(
      /^The node does not answer\. It was last heard of at \d\d:\d\d:\d\d: what stands below is from then\. It is asked again every few seconds\.$/,
    );
    expect(await page.title()).toBe("No answer – fxn");
    expect(await text(page, "#badge")).toBe("No answer");
    await world.restart();
    await page.locator("#silence[hidden]").waitFor({ state: "attached" });
    await until(async () => (await text(page, "#badge")) === "Ready");
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
      for (const as of ["gateway", "scheduler"] as const)
        expect((await world.send(path, "", { method: "GET", as })).status).toBe(404);
    }
  });
});

test("DNS rebinding, cross-site fetch, a form: the compiled node refuses them before it says anything", async () => {
  const status = async (path: string, headers: Record<string, string>, method = "GET") =>
    (await fetch(`${world.node.admin}${path}`, { method, headers })).status;
  for (const path of ["/", "/activity", "/status", "/metrics"]) {
    expect(await status(path, { host: "evil.example" })).toBe(403);
    expect(await status(path, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" })).toBe(403);
    expect(await status(path, { origin: "https://evil.example" }, "POST")).toBe(403);
    expect(await status(path, {}, "POST")).toBe(405);
  }
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
    // What there is none of is said, with what to do.
    expect(await text(first.page, "#gpus")).toBe(
      "No GPU was found on this machine. fxn gpu list says what was looked for.",
    );
    expect(await first.page.locator("#gpu-charts").isVisible()).toBe(false);
    expect(await text(first.page, "#challenges")).toContain("fxn challenge rehearse goes through all of them now.");
    expect(await text(first.page, "#ledger-rows")).toContain("fxn why says what keeps callers away");
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
