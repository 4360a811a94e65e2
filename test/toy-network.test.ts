// A network more is a folder and a line: one is added to a copy of the sources, and everything that networks have is there.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { formatGoNodeKey } from "../src/keys/go-nodekey.ts";
import { until } from "./e2e/until.ts";
import { ModelServer } from "./fakes/model-server.ts";

const ROOT = join(import.meta.dir, "..");
/** A network of which no room has heard. It is sad once it was told to be, and has been paid 2 TOY. */
const TOY = `// A toy: greets whoever asks.
import { z } from "zod";
import { text } from "../../config/fields.ts";
import { fail, ok } from "../../core/check.ts";
import { ownNetwork } from "../ports.ts";

export const toyNetwork = ownNetwork({
  id: "toy",
  keyKind: "nostr",
  settings: z.strictObject({ greeting: text("a greeting", "Hello").prefault("Hello").describe("What it says.") }),
  replayWindowMs: 0,
  checkWords: {
    mood: { title: "Mood", looksAt: "Whether it is sad.", income: "Red: a sad one greets nobody.", mend: "Be nice to it." },
  },
  dataKept: [
    {
      id: "toy.diary",
      what: "whom it has greeted",
      places: [{ file: "toy/diary" }],
      kept: "for ever",
      why: "it likes to remember",
      seenBy: "who can read the home",
      secret: true,
    },
  ],
  open({ greeting }, { identity, models, metrics, earnings, clock }) {
    let sad = false;
    metrics.call("hello", "ok");
    const paid = { network: "toy", job: "1", model: "tiny", kind: "reward", asset: "TOY", transaction: "0x1" } as const;
    void earnings.add({ ...paid, at: clock.now(), amount: 2n * 10n ** 18n });
    return {
    listen: { host: "127.0.0.1", port: 0, path: "/toy", tls: undefined, failure: () => new Response("no", { status: 400 }) },
    routes: () => [
      { method: "GET", path: "/greet", maxBody: 0, handle: async () => Response.json([greeting, identity.npub, models().length]) },
      { method: "GET", path: "/sadden", maxBody: 0, handle: async () => Response.json((sad = true)) },
    ],
    run: (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
    drain: async () => {},
    health: () => ({ ready: !sad, reasons: sad ? ["it is sad"] : [] }),
    status: () => [{ name: "says", value: greeting }],
    checks: () => [
      { id: "toy.mood", title: "Mood", run: async () => (sad ? fail("sad, at home", "Be nice to it.") : ok("well")) },
    ],
    };
  },
  importFile: (text) => ({ settings: { greeting: text.trim() }, privateKey: undefined, modelServer: undefined, notes: [] }),
  readEnvironment: () => ({ settings: [], privateKey: undefined, notes: [] }),
});
`;

let tree: string;
let home: string;
let model: ModelServer;
beforeAll(async () => {
  model = await ModelServer.start();
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
  const models = { models: [{ id: "tiny", backends: [{ url: model.url }] }] };
  writeFileSync(join(home, "model_backend.yaml"), stringify(models), { mode: 0o600 });
});
afterAll(() => {
  model.stop();
  rmSync(tree, { recursive: true });
});

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

test("every network that is on shows its own checks, status lines, metrics and earnings, with no code of it in these rooms", async () => {
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
    }, 60_000);
    expect(shown).toContain("Good day");
    expect(shown).toContain("ok    toy.mood: well");
    const at = /listens on\s+(\S+)/.exec(shown)?.[1];
    const greeted = await fetch(`http://${at}/toy/greet`);
    expect(await greeted.json()).toEqual(["Good day", expect.stringMatching(/^npub1/), 1]);
    expect((await fetch(`http://${at}/greet`)).status).toBe(400);
    await isShown(at);
    await isAsked(at);
  } finally {
    node.kill("SIGTERM");
    expect(await node.exited).toBe(0);
  }
}, 180_000);

/** In status, metrics, activity (of which fxn top and the page are made), earnings, and what is kept. */
async function isShown(at: string | undefined): Promise<void> {
  expect((await fxn("status")).out).toMatch(new RegExp(`^toy +ready, listens on ${at}$`, "m"));
  const { admin } = z.object({ admin: z.string() }).parse(JSON.parse((await fxn("status", "--json")).out));
  const metrics = await (await fetch(`http://${admin}/metrics`)).text();
  for (const line of [
    `fxn_network_session_up{network="toy"} 1`,
    `fxn_network_up{network="toy"} 1`,
    `fxn_network_calls_total{network="toy",call="hello",result="ok"} 1`,
    `fxn_earnings_amount{network="toy",asset="TOY",kind="reward"} 2`,
  ])
    expect(metrics.split("\n")).toContain(line);
  expect(await (await fetch(`http://${admin}/activity`)).json()).toMatchObject({
    status: { networks: [{ id: "toy", ready: true, lines: [{ name: "says", value: "Good day" }] }] },
    earnings: [{ network: "toy", asset: "TOY", kind: "reward", today: "2000000000000000000" }],
  });
  expect((await fxn("top", "--once")).out).toContain("Good day");
  expect((await fxn("earnings")).out).toMatch(/^toy +tiny .*2 TOY|^toy .*TOY/m);
  mkdirSync(join(home, "toy"));
  writeFileSync(join(home, "toy", "diary"), "Good day");
  expect((await fxn("privacy-report")).out).toContain("whom it has greeted");
  // The diary is a secret: what stands in it is in no part of a bug report.
  const reported = await fxn("bugreport", "--show", "config.json");
  expect([reported.code, reported.out.includes("greeting"), reported.out.includes("Good day")]).toEqual([
    0,
    true,
    false,
  ]);
}

/** Of doctor and why, which names the check that is the reason. */
async function isAsked(at: string | undefined): Promise<void> {
  const doctor = (await fxn("doctor")).out;
  expect(doctor).toMatch(
    /^ok +toy\.session +its session runs\nok +toy\.mood +well\nok +toy\.ready +it can be given work$/m,
  );
  expect(await fxn("why")).toMatchObject({ code: 0 });
  await fetch(`http://${at}/toy/sadden`);
  const { code, out } = await fxn("why");
  expect([code, out.split("\n").slice(0, 3)]).toEqual([
    1,
    [
      "No traffic comes because of toy.mood: sad, at home",
      "  Do this: Be nice to it.",
      "  It should be so: Mood. More: fxn doctor --explain toy.mood",
    ],
  ]);
  expect((await fxn("doctor", "--explain", "toy.mood")).out).toContain(
    "What it means for income\n  Red: a sad one greets nobody.",
  );
  expect((await fxn("status")).out).toMatch(/^toy +NOT READY: it is sad; what to do: fxn networks status --check$/m);
}
