// A network more is a folder and a line: one is added to a copy of the sources, and everything that networks have is there.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatGoNodeKey } from "../src/keys/go-nodekey.ts";
import { until } from "./e2e/until.ts";

const ROOT = join(import.meta.dir, "..");
const TOY = `// A toy: greets whoever asks.
import { z } from "zod";
import { text } from "../../config/fields.ts";
import { ownNetwork } from "../ports.ts";

export const toyNetwork = ownNetwork({
  id: "toy",
  keyKind: "nostr",
  settings: z.strictObject({ greeting: text("a greeting", "Hello").prefault("Hello").describe("What it says.") }),
  replayWindowMs: 0,
  open: ({ greeting }, { identity, models }) => ({
    listen: { host: "127.0.0.1", port: 0, path: "/toy", tls: undefined, failure: () => new Response("no", { status: 400 }) },
    routes: () => [
      { method: "GET", path: "/greet", maxBody: 0, handle: async () => Response.json([greeting, identity.npub, models().length]) },
    ],
    run: (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
    drain: async () => {},
    health: () => ({ ready: true, reasons: [] }),
    status: () => [{ name: "says", value: greeting }],
    checks: () => [{ id: "toy.mood", title: "Mood", run: async () => ({ state: "ok" as const, message: "well" }) }],
  }),
  importFile: (text) => ({ settings: { greeting: text.trim() }, privateKey: undefined, modelServer: undefined, notes: [] }),
  readEnvironment: () => ({ settings: [], privateKey: undefined, notes: [] }),
});
`;

let tree: string;
let home: string;
beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), "fxn-toy-"));
  home = join(tree, "home");
  for (const name of [
    "src",
    "cmd",
    "challengers",
    "registries",
    "test/arch.test.ts",
    "SECURITY.md",
    "package.json",
    "tsconfig.json",
  ])
    cpSync(join(ROOT, name), join(tree, name), { recursive: true });
  for (const name of ["node_modules", "dist", "build"]) symlinkSync(join(ROOT, name), join(tree, name));
  mkdirSync(join(tree, "src/networks/toy"));
  writeFileSync(join(tree, "src/networks/toy/network.ts"), TOY);
  const table = join(tree, "src/networks/index.ts");
  const before = readFileSync(table, "utf8");
  const after = before
    .replace("import type", `import { toyNetwork } from "./toy/network.ts";\nimport type`)
    .replace("= [fedaiNetwork", "= [toyNetwork, fedaiNetwork");
  expect(after.length).toBeGreaterThan(before.length + 50);
  writeFileSync(table, after);
  mkdirSync(join(home, "keys"), { recursive: true, mode: 0o700 });
  writeFileSync(join(home, "keys", "nostr.json"), formatGoNodeKey(Buffer.alloc(32, 5)), { mode: 0o600 });
});
afterAll(() => rmSync(tree, { recursive: true }));

const spawn = (...words: string[]) =>
  Bun.spawn([process.execPath, ...words], {
    cwd: tree,
    env: { ...process.env, FXN_HOME: home, FXN_ADMIN_LISTEN: "127.0.0.1:0", FXN_NODE_LISTEN_PORT: "0" },
    stdout: "pipe",
    stderr: "pipe",
  });

async function run(...words: string[]): Promise<{ code: number; out: string }> {
  const child = spawn(...words);
  const [out, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, out: out + errors };
}
const fxn = (...words: string[]) => run("cmd/fxn.ts", ...words);

test("it keeps the rules of the architecture", async () => {
  // All but the one that looks for files which are not in the copy.
  const rules = await run("test", "test/arch.test.ts", "-t", "imports|network|prints|first line|fail");
  expect(rules).toMatchObject({ code: 0, out: expect.stringContaining(" 6 pass") });
});

test("it is imported, configured, listed, served, shown and checked", async () => {
  writeFileSync(join(tree, "toy.txt"), "Good day\n");
  expect(await fxn("networks", "import", "toy", "toy.txt")).toMatchObject({
    code: 0,
    out: expect.stringContaining("set    networks.toy.greeting: Good day"),
  });
  expect((await fxn("networks", "list")).out).toMatch(/toy\s+yes/);
  expect((await fxn("config", "show", "--origin")).out).toMatch(/networks\.toy\.greeting\s+"?Good day/);
  const node = spawn("cmd/fxn.ts", "start");
  try {
    let shown = "";
    await until(async () => {
      shown = (await fxn("networks", "status", "--check")).out;
      return shown.includes("toy: ready");
    }, 30_000);
    expect(shown).toContain("Good day");
    expect(shown).toContain("ok    toy.mood: well");
    const at = /listens on\s+(\S+)/.exec(shown)?.[1];
    const greeted = await fetch(`http://${at}/toy/greet`);
    expect(await greeted.json()).toEqual(["Good day", expect.stringMatching(/^npub1/), 0]);
    expect((await fetch(`http://${at}/greet`)).status).toBe(400);
  } finally {
    node.kill("SIGTERM");
    expect(await node.exited).toBe(0);
  }
}, 120_000);
