// What commands show, and when, and that they write no file but those that they name.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openHomeDatabase } from "../../src/node/home-database.ts";
import { SqliteLedger } from "../../src/store/ledger/table.ts";
import { ledgerRow } from "../fakes/ledger-row.ts";
import { healthy, stream } from "../fakes/model-server.ts";
import { typeTo } from "../fakes/typist.ts";
import vectors from "../vectors/function.json";
import { saveCheapKey } from "./cheap-key.ts";
import { BINARY, fxn, killAll, makeHome, removeHome, startNode, writeConfig, writeGoKey } from "./node.ts";
import { CHAT, chatBody, openWorld, type World } from "./world.ts";

const homes: string[] = [];
const home = () => {
  const made = makeHome();
  homes.push(made);
  return made;
};
afterAll(async () => {
  await killAll();
  for (const made of homes) removeHome(made);
});

/** A node that needs no chain to start, on free ports. */
const ALONE = { node: { listenPort: 0 }, admin: { listen: "127.0.0.1:0" }, rpcProvider: "http://127.0.0.1:1" };

/** Every file below a folder: its mode, and its content, but of those that a running node works in. */
function filesOf(dir: string): Record<string, string> {
  const names = readdirSync(dir, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(dir, name);
      const { mode } = statSync(path);
      const content = statSync(path).isFile() && !name.startsWith("fxn.") ? readFileSync(path, "utf8") : "";
      return [name, `${mode.toString(8)} ${content}`];
    }),
  );
}

describe("fxn request", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    mkdirSync(join(world.home, "keys"), { mode: 0o700 });
    const { publicKeyUncompressed, address, privateKey } = vectors.keys.gateway;
    const text = JSON.stringify({ public_key: publicKeyUncompressed, address, private_key: privateKey });
    writeFileSync(join(world.home, "keys", "gateway.json"), text, { mode: 0o600 });
  });
  afterAll(() => world.close());

  test("a stream is printed piece by piece, as it comes", async () => {
    const EVERY_MS = 60;
    const tokens = stream({ tokens: 8, everyMs: EVERY_MS });
    world.model.behave = (received, response) => (received.method === "GET" ? healthy : tokens)(received, response);
    const args = ["request", CHAT, JSON.stringify(chatBody({ stream: true })), "--account", "gateway"];
    const child = Bun.spawn([BINARY, ...args, "--home", world.home, "--url", world.node.url], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const pieces: { text: string; at: number }[] = [];
    for await (const bytes of child.stdout) pieces.push({ text: Buffer.from(bytes).toString(), at: performance.now() });
    expect(await child.exited).toBe(0);
    expect(await new Response(child.stderr).text()).toStartWith("200 ");
    const content = pieces.filter(({ text }) => text.includes(`"content"`));
    expect(content.length).toBeGreaterThanOrEqual(6);
    expect(content.at(-1)!.at - content[0]!.at).toBeGreaterThan(4 * EVERY_MS);
    const whole = pieces.map(({ text }) => text).join("");
    for (let i = 0; i < 8; i++) expect(whole).toContain(`"content":"t${i}"`);
    expect(whole).toEndWith("data: [DONE]\n\n");
  });
});

describe("the log of fxn start", () => {
  test("lines for people on a terminal, and Ctrl-C ends it; JSON into a pipe", async () => {
    const dir = home();
    writeGoKey(dir, vectors.keys.node);
    writeConfig(dir, ALONE);
    const { code, shown } = await typeTo([BINARY, "start", "--home", dir], [["listening", "\x03"]]);
    expect(code).toBe(0);
    const lines = Bun.stripANSI(shown).split(/\r?\n/);
    expect(lines.some((line) => /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: listening \{.*"port":\d+/.test(line))).toBeTrue();
    expect(lines.filter((line) => line.startsWith("{"))).toEqual([]);

    const node = await startNode(dir);
    expect(await node.stop()).toBe(0);
    const entries = node.log().trimEnd().split("\n");
    for (const entry of entries)
      expect(JSON.parse(entry)).toMatchObject({ level: expect.any(String), msg: expect.any(String) });
    expect(entries.length).toBeGreaterThan(1);
  });

  test("logger.format decides over both", async () => {
    const dir = home();
    writeGoKey(dir, vectors.keys.node);
    writeConfig(dir, { ...ALONE, logger: { format: "json" } });
    const { shown } = await typeTo([BINARY, "start", "--home", dir], [["listening", "\x03"]]);
    expect(shown).toContain(`"msg":"listening"`);
    expect(shown).not.toContain("INFO");
  });
});

test("fxn ledger fits a terminal of 80 columns, and is whole in a pipe", async () => {
  const dir = home();
  const caller = `0x${"ab".repeat(20)}`;
  const db = openHomeDatabase(dir);
  new SqliteLedger(db).insertNew(ledgerRow({ at: Date.now(), caller, promptTokens: 123_456_789 }));
  db.close();
  const command = ["ledger", "--since", "1d", "--home", dir];
  const { code, shown } = await typeTo([BINARY, ...command], []);
  const lines = shown.trimEnd().split(/\r?\n/);
  expect([code, lines.length, Math.max(...lines.map((line) => line.length)) <= 80]).toEqual([0, 3, true]);
  expect(lines[2]).toMatch(/0xabab\w*…\w*abab .*123,456,789/);
  const piped = (await fxn(command)).stdout;
  for (const part of [caller, "completion tokens", "unreported"]) expect(piped).toContain(part);
});

describe("files", () => {
  test("accounts import and export: one file each, the one that they name, and nothing when they fail", async () => {
    const dir = home();
    const outside = home();
    writeGoKey(dir, vectors.keys.node);
    writeConfig(dir, ALONE);
    writeFileSync(join(outside, "password"), "correct horse", { mode: 0o600 });
    writeFileSync(join(outside, "key"), vectors.keys.gateway.privateKey, { mode: 0o600 });
    const secret = ["--home", dir, "--password-file", join(outside, "password")];
    const before = filesOf(dir);
    const outsideBefore = filesOf(outside);

    const imported = await fxn(["accounts", "import", join(outside, "key"), "--name", "gateway", "--json", ...secret]);
    expect([imported.code, imported.stderr]).toEqual([0, ""]);
    const { path }: { path: string } = JSON.parse(imported.stdout);
    expect(path).toBe(join(dir, "keys", "gateway.json"));
    const after = filesOf(dir);
    expect(after).toMatchObject(before);
    expect(Object.keys(after).filter((name) => !(name in before))).toEqual(["keys", "keys/gateway.json"]);
    expect([after.keys?.trim(), after["keys/gateway.json"]?.split(" ")[0]]).toEqual(["40700", "100600"]);
    expect(after["keys/gateway.json"]).not.toContain(vectors.keys.gateway.privateKey);

    rmSync(path);
    await saveCheapKey(dir, "gateway", vectors.keys.gateway.privateKey, "correct horse");
    const cheap = filesOf(dir);
    const out = join(outside, "backup.json");
    const exported = await fxn(["accounts", "export", "--name", "gateway", "--out", out, "--yes", ...secret]);
    expect([exported.code, exported.stdout.includes(out)]).toEqual([0, true]);
    expect(Object.keys(filesOf(outside)).filter((name) => !(name in outsideBefore))).toEqual(["backup.json"]);
    expect(filesOf(dir)).toEqual(cheap);

    const outsideAfter = filesOf(outside);
    for (const refused of [
      ["accounts", "import", join(outside, "key"), "--name", "gateway"],
      ["accounts", "import", join(outside, "password"), "--name", "other"],
      ["accounts", "import", join(outside, "nothing"), "--name", "other"],
      ["accounts", "export", "--name", "gateway", "--out", out, "--yes"],
      ["accounts", "export", "--name", "nobody", "--out", join(outside, "new.json"), "--yes"],
      ["accounts", "export", "--name", "gateway", "--out", join(outside, "new.json")],
    ]) {
      expect([refused.join(" "), (await fxn([...refused, ...secret])).code]).not.toContain(0);
    }
    expect(filesOf(dir)).toEqual(cheap);
    expect(filesOf(outside)).toEqual(outsideAfter);
  });

  test("start: the first one names what it writes, a later one writes nothing, one beside it changes nothing", async () => {
    const dir = join(home(), "node");
    const password = join(home(), "password");
    writeFileSync(password, "correct horse", { mode: 0o600 });
    const run = {
      args: ["--password-file", password],
      env: { FXN_NODE_LISTEN_PORT: "0", FXN_ADMIN_LISTEN: "127.0.0.1:0", FXN_RPC_PROVIDER: "http://127.0.0.1:1" },
    };
    const written = (log: string) =>
      log
        .split("\n")
        .filter((line) => line.includes(`"written on the first start"`))
        .map((line) => String(JSON.parse(line).path))
        .sort();
    const own = (files: Record<string, string>) => Object.keys(files).filter((name) => !name.startsWith("fxn."));

    const first = await startNode(dir, run);
    expect(await first.stop()).toBe(0);
    const after = filesOf(dir);
    expect(written(first.log())).toEqual(own(after).map((name) => join(dir, name)));
    expect(after["nodekey.json"]).toStartWith("100600 ");

    rmSync(join(dir, "nodekey.json"));
    await saveCheapKey(dir, "node", vectors.keys.node.privateKey, "correct horse");
    const before = filesOf(dir);
    const second = await startNode(dir, run);
    const running = filesOf(dir);
    expect(running).toMatchObject(before);
    expect(own(running)).toEqual(own(before));
    const beside = await fxn(["start", "--home", dir, ...run.args], { env: run.env });
    expect(beside.code).toBe(1);
    expect(filesOf(dir)).toEqual(running);
    expect(await second.stop()).toBe(0);
    expect(written(second.log())).toEqual([]);
    expect(filesOf(dir)).toEqual(before);
  });
});
