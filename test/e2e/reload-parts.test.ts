// What a reload begins and ends beside model servers: a program of the operator's, a network with a key of its own.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { systemClock } from "../../src/core/clock.ts";
import { askControl } from "../../src/lib/control-socket.ts";
import { InfernetControlPlane } from "../fakes/infernet-control-plane.ts";
import { verifySchnorr } from "../fakes/infernet-ports.ts";
import { type InfernetServer, serveInfernet } from "../fakes/infernet-server.ts";
import { processes } from "../fakes/processes.ts";
import { fxn } from "./node.ts";
import { until } from "./until.ts";
import { CHAT, chatBody, openWorld, outcome, type World } from "./world.ts";

let world: World;
let folder: string;
let server: InfernetServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fxn-reload-runner-"));
  copyFileSync(join(import.meta.dir, "../fakes/runner.ts"), join(folder, "runner.ts"));
  writeFileSync(join(folder, "how"), "healthy");
  server = serveInfernet(new InfernetControlPlane(systemClock, verifySchnorr));
  world = await openWorld({ config: { server: { workers: 1 } } });
});
afterAll(async () => {
  await world.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const reload = (...more: string[]) => fxn(["reload", "--home", world.home, ...more]);
const models = (...list: unknown[]) =>
  writeFileSync(join(world.home, "model_backend.yaml"), stringify({ models: list }), { mode: 0o600 });
const tiny = (more = {}) => ({ id: "tiny", backends: [{ url: world.model.url, ...more }] });

describe("attack: config.yaml is no configuration", () => {
  const config = () => join(world.home, "config.yaml");
  const hostile: readonly (readonly [string, string, () => unknown])[] = [
    ["a directory", "it is no file", () => mkdirSync(config())],
    ["a pipe into which nobody writes", "it is no file", () => Bun.spawnSync(["mkfifo", config()])],
    ["a device without end", "it is no file", () => symlinkSync("/dev/zero", config())],
    ["100 MB of comments", "100 MB", () => writeFileSync(config(), "# nothing\n".repeat(10_000_000))],
    ["200 KB of brackets", "more than 50 levels deep", () => writeFileSync(config(), "[".repeat(200_000))],
    ["cut in the middle", "config.yaml:", () => writeFileSync(config(), "networks: { infernet: { enabled: tr")],
    ["with NUL bytes", "config.yaml:", () => writeFileSync(config(), "node: {}\n\0\0\0: 1\n")],
    ["a link to itself", "config.yaml", () => symlinkSync("config.yaml", config())],
  ];
  let right: string;
  beforeAll(() => {
    right = readFileSync(config(), "utf8");
  });
  afterEach(async () => {
    rmSync(config(), { recursive: true, force: true });
    writeFileSync(config(), right);
    expect(await reload()).toMatchObject({ code: 0 });
  });

  test.skipIf(process.platform === "win32").each(hostile)(
    "%s",
    async (_, words, make) => {
      rmSync(config());
      make();
      const asked = world.send(CHAT, chatBody()).then(outcome);
      const { code, stderr } = await reload();
      expect([code, stderr]).toEqual([78, expect.stringContaining(words)]);
      expect([await asked, await world.send(CHAT, chatBody()).then(outcome)]).toEqual(["200", "200"]);
    },
    30_000,
  );
});

describe("a runner", () => {
  const runners = () => processes().filter(({ line }) => line.includes(join(folder, "runner.ts")));
  const own = (more = {}) => ({
    id: "own",
    backends: [
      {
        provider: "process",
        command: [process.execPath, join(folder, "runner.ts"), "4", "canary"],
        ...{ folder, sandbox: { mode: "off" }, ...more },
      },
    ],
  });
  const ask = () => world.send(CHAT, chatBody({ model: "own" })).then(outcome);

  test("begins when it is named, is the same process as long as it is, and ends when it is no more", async () => {
    models(tiny(), own());
    expect(await reload()).toMatchObject({ code: 0, stderr: "" });
    await until(async () => (await ask()) === "200", 10_000);
    const [first, ...others] = runners();
    expect([first === undefined, others]).toEqual([false, []]);
    models(tiny({ weight: 2 }), own({ maxConcurrent: 3, weight: 5 }));
    expect((await reload()).stdout).toContain("model own, backend process:");
    expect(await ask()).toBe("200");
    expect(runners()).toEqual(first ? [first] : []);
    models(tiny());
    expect((await reload()).stdout).toContain("model own is gone");
    await until(() => runners().length === 0, 5000);
    expect(await world.send(CHAT, chatBody()).then(outcome)).toBe("200");
  }, 40_000);

  test("a dry run starts none", async () => {
    models(tiny(), own());
    expect(await reload("--dry-run")).toMatchObject({ code: 0, stderr: "" });
    expect(runners()).toEqual([]);
    models(tiny());
  });
});

describe("a network of its own accord", () => {
  const status = async () => (await fxn(["status", "--home", world.home])).stdout;
  const config = () => join(world.home, "config.yaml");
  const change = (infernet: Record<string, unknown>) => {
    const { networks, ...rest } = parse(readFileSync(config(), "utf8"));
    writeFileSync(
      config(),
      stringify({ ...rest, networks: { ...networks, infernet: { ...networks?.infernet, ...infernet } } }),
    );
  };

  test("without its key it is refused, and nothing else of that reload takes effect", async () => {
    const right = readFileSync(config(), "utf8");
    change({ enabled: true, url: server.url, account: "nowhere" });
    models(tiny(), { id: "second", backends: [{ url: world.model.url }] });
    const { code, stderr } = await reload();
    expect([code !== 0, stderr]).toEqual([true, expect.stringContaining("nowhere")]);
    expect(await status()).not.toContain("second");
    writeFileSync(config(), right);
    models(tiny());
  });

  test("is turned on, begins anew with other settings, and is turned off; streams and other networks go on", async () => {
    const init = [
      "infernet",
      "init",
      "--home",
      world.home,
      "--url",
      server.url,
      "--name",
      "nice",
      "--insecure-plaintext",
    ];
    expect(await fxn(init)).toMatchObject({ code: 0 });
    expect((await reload()).stdout).toContain("network infernet begins");
    await until(async () => (await status()).includes("infernet     ready"), 10_000);
    change({ quietHours: ["03:00-04:00"], weight: 4 });
    expect((await reload()).stdout).not.toContain("network infernet");
    change({ name: "nicer" });
    expect((await reload()).stdout).toContain("network infernet ends what it has begun, and begins anew");
    await until(async () => (await status()).includes("infernet     ready"), 10_000);
    change({ enabled: false });
    expect((await reload()).stdout).toContain("network infernet ends what it has begun, and takes no more");
    await until(async () => !(await status()).includes("infernet"), 10_000);
    expect(await world.send(CHAT, chatBody()).then(outcome)).toBe("200");
  }, 60_000);
});

test.skipIf(process.platform !== "linux")(
  "a reload during a restart is refused, and after it the new process reloads",
  async () => {
    // Whichever comes first keeps the other away; a restart takes long enough to be met.
    let said = "";
    for (let tries = 0; tries < 10 && !said.includes("another process is taking over"); tries++) {
      const restarting = askControl(world.home, "POST", "/restart", 60_000);
      await Bun.sleep(20);
      said = JSON.stringify(await askControl(world.home, "POST", "/reload"));
      const restarted = await restarting;
      if (said.includes("taking over")) expect(restarted?.status).toBe(200);
    }
    expect(said).toContain("another process is taking over");
    await until(async () => (await fxn(["status", "--ready", "--home", world.home])).code === 0);
    expect(await reload()).toMatchObject({ code: 0 });
    // Passed on to the process that serves now, which a killed one would leave behind.
    expect(await world.node.stop()).toBe(0);
  },
  60_000,
);
