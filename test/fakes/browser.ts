// Headless Chromium of this machine, which reaches one origin alone, and axe for what a page makes hard for people.
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { source } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const PROGRAM = ["chromium", "chromium-browser", "google-chrome"].map((name) => Bun.which(name)).find(Boolean);
/** Why tests of pages are skipped: part of their names. */
export const NO_BROWSER = PROGRAM ? "" : " (skipped: no chromium here)";

export function startBrowser(): Promise<Browser> {
  // Its sandbox needs rights that root in a container lacks; it opens pages of ours alone.
  return chromium.launch({ executablePath: PROGRAM ?? "", args: ["--no-sandbox", "--disable-gpu"] });
}

export interface Visit {
  readonly page: Page;
  /** URLs that it asked other origins for: all were refused. */
  readonly elsewhere: readonly string[];
  /** What went wrong in the page itself. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

/** Opens a URL in a browser of its own, which can reach that origin and no other. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const { origin } = new URL(url);
  const elsewhere: string[] = [];
  const faults: string[] = [];
  await context.route(
    (asked) => asked.origin !== origin,
    (route) => {
      elsewhere.push(route.request().url());
      return route.abort();
    },
  );
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    // What the browser says of answers with 401 and of a node that is gone is no fault of the page.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      faults.push(message.text());
  });
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, elsewhere, faults, close: () => context.close() };
}

/** Of the operator's page: it has facts to show. */
export const told = (page: Page): Promise<void> => page.locator("#told:not([hidden])").waitFor();

export const text = async (page: Page, selector: string): Promise<string> =>
  (await page.locator(selector).textContent()) ?? "";

interface AxeResults {
  readonly violations: readonly { id: string; impact: string; nodes: readonly { html: string }[] }[];
}

/** What axe finds, of every weight. @param within a part of the page, by its selector */
export async function hardships(page: Page, within = "html"): Promise<string[]> {
  await page.evaluate(source);
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(within)})`);
  return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

let folder: string | undefined;

/** Into FXN_TEST_PICTURES, else a folder of its own among the temporary ones, for a person to look at. */
export async function picture(page: Page, name: string, fullPage = true): Promise<void> {
  folder ??= process.env.FXN_TEST_PICTURES ?? mkdtempSync(join(tmpdir(), "fxn-pictures-"));
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage });
}
