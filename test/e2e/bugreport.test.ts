// fxn bugreport on a running node: secrets planted everywhere are nowhere in the bundle, whatever their spelling.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { typeTo } from "../fakes/typist.ts";
import vectors from "../vectors/function.json";
import { BINARY, fxn } from "./node.ts";
import { until } from "./until.ts";
import { CHAT, chatBody, openWorld, type World } from "./world.ts";

const SECRETS = {
  apiKey: "sk-Canary/one+two==",
  token: "canary token? of a file",
  rpc: "CanaryRpcKey0123456789",
  password: "Canary&pass%word",
  variable: "CANARY_VARIABLE_7f3a",
  key: vectors.keys.node.privateKey,
  environment: "hf_CanaryOfTheRunner",
  argument: "CanaryArgument+77",
  joined: "CanaryJoined=88",
  header: "Canary, header 99",
};
/** In no setting: only the name beside it gives it away. */
const UNKNOWN = "sk-CanaryOfNobody";
/** Says what libraries say when they are refused, its secrets with it. */
const RUNNER = {
  provider: "process",
  command: [
    ...["sh", "-c"],
    `echo "401 for $HF_TOKEN, $2 and $3" >&2; echo '{"api_key":"${UNKNOWN}"}' >&2; echo '{"ready":true,"models":["m"]}'; cat`,
    ...["sh", "--hf-token", SECRETS.argument, `--password=${SECRETS.joined}`],
  ],
  environment: [`HF_TOKEN=${SECRETS.environment}`, "LEVEL=warning"],
  sandbox: { mode: "off" },
};
/** Of Windows it has no shell. */
const runners = process.platform === "win32" ? [] : [{ id: "runner", backends: [RUNNER] }];
const PARTS = [
  "about.txt",
  "checks.json",
  "config.json",
  "gpus.json",
  "home.txt",
  "log.txt",
  "metrics.txt",
  "status.json",
];

let world: World;
let log = "";
const env = { SOME_API_TOKEN: SECRETS.variable, FXN_PASSWORD: SECRETS.password, PATH: process.env.PATH ?? "" };

beforeAll(async () => {
  world = await openWorld({
    config: {
      node: { listenPort: 0, publicIp: "203.0.113.7", publicIpUrl: `http://127.0.0.1:1/v2/${SECRETS.rpc}` },
      tracing: { otlpHeaders: `x-canary=${encodeURIComponent(SECRETS.header)}` },
    },
    models: (url) => ({ models: [{ id: "tiny", backends: [{ url, apiKey: SECRETS.apiKey }] }, ...runners] }),
    prepare: (home) => {
      mkdirSync(join(home, "keys"), { mode: 0o700 });
      mkdirSync(join(home, "runners"));
      writeFileSync(join(home, "password.key"), `${SECRETS.token}\n`, { mode: 0o600 });
    },
  });
  await world.send(CHAT, chatBody());
  if (runners.length > 0) await until(() => world.node.log().includes(UNKNOWN));
  // As if somebody had logged all of it, in every spelling.
  const spelled = Object.values(SECRETS).flatMap((secret) => [
    secret,
    Buffer.from(secret).toString("hex"),
    Buffer.from(secret).toString("base64"),
    encodeURIComponent(secret),
    JSON.stringify(secret),
  ]);
  log = [
    ...world.node.log().split("\n"),
    ...spelled.map((one) => `said ${one}, from 203.0.113.77`),
    "a caller's \x1b]0;title\x07",
    "warning of nobody",
    "the end",
  ].join("\n");
  writeFileSync(join(world.home, "the.log"), log);
});
afterAll(() => world.close());

const report = (...args: string[]) =>
  fxn(["bugreport", "--home", world.home, "--log", join(world.home, "the.log"), ...args], { env });

describe("fxn bugreport (redacted, shows what is inside before it writes)", () => {
  test("without a terminal and without --yes it lists the parts and writes nothing", async () => {
    const before = readdirSync(world.home);
    const { code, stdout, stderr } = await report("--output", join(world.home, "r.zip"));
    expect(code).toBe(0);
    for (const name of PARTS) expect(stdout).toContain(name);
    expect(stderr).toContain("nothing was written");
    expect(readdirSync(world.home)).toEqual(before);
  });

  test("on a terminal it shows what is inside, then asks: a part's name shows that part, no writes nothing, yes writes it", async () => {
    const [file, sought] = [join(world.home, "asked.zip"), join(world.home, "the.log")];
    const command = [BINARY, "bugreport", "--home", world.home, "--log", sought, "--output", file];
    const question = `Write ${file}? [y/N, or the name of a part to look at it]`;
    for (const refusal of ["n\r", "\r"]) {
      const no = await typeTo(command, [[question, refusal]]);
      expect([no.code, existsSync(file), no.shown.includes("nothing was written")]).toEqual([0, false, true]);
      // First what is in it, then the question.
      for (const name of PARTS) expect(no.shown.split(question)[0]).toContain(name);
    }
    const gone = await typeTo(command, [[question, "\x03"]]);
    expect([gone.code === 0, existsSync(file), gone.shown.includes("Nothing was written.")]).toEqual([
      false,
      false,
      true,
    ]);
    const yes = await typeTo(command, [
      [question, "log.text\r"],
      [`there is no part "log.text"`, "log.txt\r"],
      ["the end", "y\r"],
    ]);
    // What a caller has sent to the log is no order to the terminal.
    expect(yes.shown).toContain("a caller's  ]0;title");
    expect(yes.shown).not.toContain("\x1b]");
    expect([yes.code, yes.shown.includes(`written: ${file}`)]).toEqual([0, true]);
    expect(yes.shown).not.toContain(SECRETS.apiKey);
    expect(Object.keys(unzipSync(readFileSync(file))).sort()).toEqual(PARTS);
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
  }, 60_000);

  test("no planted secret is in the bundle in any spelling, nor callers' addresses; mode 0600", async () => {
    const file = join(world.home, "report.zip");
    const { code, stdout } = await report("--yes", "--output", file);
    expect([code, stdout.includes(`written: ${file}`)]).toEqual([0, true]);
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
    const parts = Object.entries(unzipSync(readFileSync(file)));
    expect(parts.map(([name]) => name).sort()).toEqual(PARTS);
    const texts = new Map(parts.map(([name, bytes]) => [name, Buffer.from(bytes).toString("utf8")]));
    const all = [...texts.values()].join("\n");
    for (const secret of Object.values(SECRETS)) {
      expect(all).not.toContain(secret);
      expect(all).not.toContain(Buffer.from(secret).toString("hex"));
      expect(all).not.toContain(Buffer.from(secret).toString("base64").replace(/=+$/, ""));
      expect(all).not.toContain(encodeURIComponent(secret));
    }
    expect(all).not.toContain(UNKNOWN);
    if (runners.length > 0) expect(texts.get("log.txt")).toContain("401 for ***, *** and --password=***");
    expect(texts.get("log.txt")).toContain("warning of nobody");
    expect(all.toLowerCase()).not.toContain(vectors.keys.gateway.address.toLowerCase());
    expect(all).not.toContain("203.0.113.77");
    expect(all).not.toContain(world.home);
    expect(texts.get("log.txt")).toContain("the end");
    expect(texts.get("status.json")).toContain(`"ready": true`);
    expect(texts.get("metrics.txt")).toContain("fxn_ready 1");
    expect(texts.get("config.json")).toContain(`"listenAddress": "127.0.0.1"`);
    expect(texts.get("home.txt")).toMatch(/^0600 .* nodekey\.json$/m);
    expect(texts.get("status.json")).toContain(vectors.keys.node.address.slice(2, 10));
  });

  test("an existing file is left as it is", async () => {
    const file = join(world.home, "there.zip");
    writeFileSync(file, "mine");
    expect((await report("--yes", "--output", file)).code).toBe(1);
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  test("--show prints a part and writes nothing; an unknown one is named; --json lists", async () => {
    expect((await report("--show", "about.txt")).stdout).toMatch(/^fxn: /);
    const wrong = await report("--show", "keys");
    expect([wrong.code, wrong.stderr.includes("about.txt, config.json")]).toEqual([2, true]);
    expect(JSON.parse((await report("--json")).stdout)).toMatchObject({ schema: 1, written: null });
  });

  test("a home with nothing, or with a broken configuration, is reported too", async () => {
    const home = join(world.home, "none");
    const file = join(world.home, "none.zip");
    const { code } = await fxn([
      "bugreport",
      "--home",
      home,
      "--yes",
      "--output",
      file,
      "--log",
      join(world.home, "the.log"),
    ]);
    expect([code, existsSync(file), existsSync(home), existsSync(BINARY)]).toEqual([0, true, false, true]);
    expect(Buffer.from(unzipSync(readFileSync(file))["status.json"] ?? []).toString()).toContain("no node runs");
  });
});
