// A running node takes over another configuration: no stream is cut and no request lost; or it refuses it, and goes on.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { type Behaviour, healthy, json, ModelServer, stream, USAGE } from "../fakes/model-server.ts";
import { keepAsking } from "./keep-asking.ts";
import { fxn } from "./node.ts";
import { until } from "./until.ts";
import { CHAT, chatBody, openWorld, outcome, type World } from "./world.ts";

const STREAMS = 200;
const linux = process.platform === "linux";

const reload = (world: World, ...more: string[]) => fxn(["reload", "--home", world.home, ...more]);

interface Files {
  /** Over what the world began with, section by section. */
  readonly config?: Record<string, unknown>;
  /** Instead of config.yaml. */
  readonly text?: string;
  readonly models?: readonly unknown[];
}

/** Writes both files anew: the right ones, but for what is said. */
function filesOf(world: World): (files?: Files) => void {
  const paths = { config: join(world.home, "config.yaml"), models: join(world.home, "model_backend.yaml") };
  const right = { config: readFileSync(paths.config, "utf8"), models: readFileSync(paths.models, "utf8") };
  return ({ config, text, models } = {}) => {
    writeFileSync(paths.config, text ?? stringify({ ...parse(right.config), ...config }));
    writeFileSync(paths.models, models ? stringify({ models }) : right.models);
  };
}

const tiny = (...backends: unknown[]) => ({ id: "tiny", aliases: ["small"], backends });

async function status(world: World) {
  const { stdout } = await fxn(["status", "--home", world.home, "--json"]);
  return z
    .object({
      ready: z.boolean(),
      models: z.array(z.string()),
      workers: z.array(z.number()),
      configuration: z.object({ lastError: z.string().nullable() }),
      backends: z.array(z.object({ name: z.string(), inFlight: z.number() })),
    })
    .parse(JSON.parse(stdout));
}

async function metric(world: World, name: string): Promise<number> {
  const text = await (await fetch(`${world.node.admin}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
}

describe.skipIf(!linux).each([1, 2])("with %d workers", (workers) => {
  let world: World;
  let other: ModelServer;
  let write: ReturnType<typeof filesOf>;
  const plain: Behaviour = (received, response) =>
    (received.method === "GET" ? healthy : json({ usage: USAGE }))(received, response);

  beforeAll(async () => {
    world = await openWorld({ config: { server: { workers } } });
    other = await ModelServer.start();
    write = filesOf(world);
    for (const model of [world.model, other]) model.behave = plain;
  });
  afterAll(async () => {
    other.stop();
    await world.close();
  });

  const a = (more = {}) => ({ url: world.model.url, ...more });
  const b = (more = {}) => ({ url: other.url, ...more });
  const back = async () => {
    write();
    expect(await reload(world)).toMatchObject({ code: 0, stderr: "" });
  };
  /** The first answer of each of many connections: all workers are among those that gave them. */
  const ask = (model: string, count = 1) =>
    Promise.all(Array.from({ length: count }, () => world.send(CHAT, chatBody({ model })).then(outcome)));

  test("under load: 200 streams running, 20 reloads, 5 of them bad: 0 streams broken, 0 requests lost", async () => {
    let going = true;
    const endless = stream({ tokens: 2000, pace: async () => void (going && (await Bun.sleep(250))) });
    for (const model of [world.model, other]) {
      model.behave = (received, response) =>
        received.method === "POST" && JSON.parse(received.body.toString()).stream
          ? endless(received, response)
          : plain(received, response);
    }
    const before = await status(world);
    const responses = await Promise.all(
      Array.from({ length: STREAMS }, () => world.send(CHAT, chatBody({ stream: true }))),
    );
    const texts = responses.map((response) => response.text().catch(() => "connection lost"));
    const load = keepAsking(world);
    const good: Files[] = [
      { models: [tiny(a(), b())] },
      { models: [tiny(b())] },
      {
        config: {
          ...{ queue: { size: 99 }, limits: { concurrent: 1000 }, proxy: { maxIdleConns: 7, idleTimeout: "4m" } },
          // The same chain by another spelling: its registries are read and swapped.
          rpcProvider: `${world.chain.rpcUrl}/`,
          ...{ tracing: { otlpEndpoint: "http://127.0.0.1:1" }, challenges: { threads: 1 } },
          alerts: { webhooks: [{ url: "http://127.0.0.1:1/hook" }] },
        },
      },
      { models: [tiny(a({ weight: 3 })), { id: "more", backends: [b()] }] },
      { config: { health: { interval: "1s" }, networks: { function: { weight: 7, places: 900 } } } },
    ];
    const bad: Files[] = [
      { config: { nonsense: 1 } },
      { text: "node: { listenPort: 1, \n  admin" },
      { models: [tiny({ url: "nowhere" })] },
      { config: { limits: { openaiBody: "2GB", bufferedBodies: "1GB" } } },
      { models: [tiny(a({ apiKeyFile: "gone" }))] },
    ];
    const steps = bad.flatMap((wrong, round) => [0, 1, 2].map((i) => good[(round + i) % 5]).concat(wrong));
    const codes: number[] = [];
    for (const files of steps) {
      write(files);
      codes.push((await reload(world)).code);
    }
    expect(codes).toEqual(bad.flatMap(() => [0, 0, 0, 78]));
    const { asked, wrong } = await load.end();
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(100);
    write();
    expect(JSON.parse((await reload(world, "--json")).stdout)).toMatchObject({ applied: true });
    // Or there would have been nothing to break.
    const running = (await status(world)).backends.reduce((sum, { inFlight }) => sum + inFlight, 0);
    expect(running).toBeGreaterThanOrEqual(STREAMS);
    going = false;
    const ends = (await Promise.all(texts)).map((text) => text.endsWith("data: [DONE]\n\n") && !text.includes("error"));
    expect(ends.filter((whole) => !whole)).toEqual([]);
    expect((await status(world)).workers).toEqual(before.workers);
    await until(async () => (await status(world)).backends.every(({ inFlight }) => inFlight === 0), 10_000);
    for (const model of [world.model, other]) model.behave = plain;
  }, 180_000);

  test("--dry-run shows effects, with what needs a restart, and changes nothing", async () => {
    write({ models: [tiny(b())], config: { node: { listenPort: 1, publicIp: "203.0.113.7" } } });
    const { code, stdout } = await reload(world, "--dry-run");
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      `model tiny loses backend ${world.model.url}`,
      `model tiny gains backend ${other.url}`,
      "node.listenPort needs a restart (fxn restart): until then it stays as it is",
      "nothing was changed; fxn reload does it",
      "",
    ]);
    expect((await status(world)).backends.map(({ name }) => name)).toEqual([world.model.url]);
    // The rest takes effect.
    expect((await reload(world)).stdout).toEndWith("reloaded\n");
    expect((await status(world)).backends.map(({ name }) => name)).toEqual([other.url]);
    expect(await ask("tiny")).toEqual(["200"]);
    const pending = "\nconfig       restart pending: node.listenPort; fxn restart\n";
    expect((await fxn(["status", "--home", world.home])).stdout).toContain(pending);
    await back();
    expect((await fxn(["status", "--home", world.home])).stdout).not.toContain(pending);
  }, 30_000);

  test("refused with all errors of both files, by place; status and metrics say so until the next one is taken", async () => {
    expect(await metric(world, "fxn_config_last_reload_successful")).toBe(1);
    write({ config: { nonsense: 1, queue: { size: "many" } }, models: [tiny({ url: "nowhere" })] });
    const { code, stderr } = await reload(world);
    expect(code).toBe(78);
    expect(stderr).toMatch(/config\.yaml:\d+:\d+: nonsense/);
    expect(stderr).toMatch(/config\.yaml:\d+:\d+: queue\.size/);
    expect(stderr).toMatch(/model_backend\.yaml:\d+:\d+: models\[0\]\.backends\[0\]\.url/);
    expect(stderr).toContain("The node goes on as it was.");
    expect(await ask("tiny")).toEqual(["200"]);
    expect((await status(world)).configuration.lastError).toContain("nonsense");
    expect((await fxn(["status", "--home", world.home])).stdout).toContain("the last reload was REFUSED");
    expect(await metric(world, "fxn_config_last_reload_successful")).toBe(0);
    await back();
    expect((await status(world)).configuration.lastError).toBeNull();
    expect(await metric(world, "fxn_config_last_reload_successful")).toBe(1);
    const loaded = await metric(world, "fxn_config_reload_success_timestamp_seconds");
    expect(Math.abs(Date.now() / 1000 - loaded)).toBeLessThan(10);
  }, 30_000);

  test("a file that is gone is refused: its defaults are not meant", async () => {
    for (const name of ["config.yaml", "model_backend.yaml"]) {
      rmSync(join(world.home, name));
      const { code, stderr } = await reload(world);
      expect([code, stderr]).toEqual([1, expect.stringContaining(`${name} is not there any more`)]);
      write();
    }
    expect(await ask("tiny")).toEqual(["200"]);
    await back();
  }, 30_000);

  test("two at once: one after the other, and both are told", async () => {
    write({ models: [tiny(a(), b())] });
    const both = await Promise.all([reload(world), reload(world)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect((await status(world)).backends).toHaveLength(2);
    await back();
  }, 30_000);

  test("edited and reloaded again before the first is through: what the files say last holds", async () => {
    write({ models: [tiny(a(), b())], config: { queue: { size: 3 } } });
    const first = reload(world);
    await Bun.sleep(100);
    write({ models: [tiny(b())], config: { queue: { size: 4 } } });
    expect((await Promise.all([first, reload(world)])).map(({ code }) => code)).toEqual([0, 0]);
    expect((await status(world)).backends.map(({ name }) => name)).toEqual([other.url]);
    const { stdout } = await reload(world, "--dry-run");
    expect(stdout).toStartWith("the configuration says what it said before\n");
    await back();
  }, 30_000);

  test("limits hold from then on, in every process; and so does what they were before", async () => {
    write({ config: { limits: { requestsPerMinute: 3 } } });
    expect(await reload(world)).toMatchObject({ code: 0, stderr: "" });
    const outcomes = await ask("tiny", 12);
    expect(outcomes.filter((one) => one === "200")).toHaveLength(3);
    await back();
    expect((await ask("tiny", 12)).filter((one) => one !== "200")).toEqual([]);
  }, 30_000);

  test("log level and names of the admin listener change; a level that was set by hand stays", async () => {
    const named = () => fetch(`${world.node.admin}/ready`, { headers: { host: "node.lan" } });
    expect((await named()).status).toBe(403);
    write({ config: { admin: { listen: "127.0.0.1:0", allowedHosts: ["node.lan"] } } });
    expect(await fxn(["log-level", "--home", world.home, "error"])).toMatchObject({ code: 0 });
    expect(await reload(world)).toMatchObject({ code: 0, stderr: "" });
    expect((await named()).status).toBe(200);
    const logged = world.node.log().length;
    await ask("tiny");
    expect(world.node.log().slice(logged)).not.toContain('"msg":"request"');
    write({ config: { logger: { verbosity: "info" } } });
    expect(await reload(world)).toMatchObject({ code: 0, stderr: "" });
    await ask("tiny");
    await until(() => world.node.log().slice(logged).includes('"msg":"request"'), 5000);
    expect((await named()).status).toBe(403);
    await back();
  }, 30_000);

  test("while it stops, a reload is refused", async () => {
    world.model.behave = (received, response) =>
      (received.method === "GET" ? healthy : stream({ tokens: 20, everyMs: 100 }))(received, response);
    const streaming = await world.send(CHAT, chatBody({ stream: true }));
    world.node.signal("SIGTERM");
    await world.node.logged("stopping: no new work, running answers may end");
    const { code, stderr } = await reload(world);
    expect([code, stderr]).toEqual([1, expect.stringContaining("starting or stopping")]);
    expect(await streaming.text()).toEndWith("data: [DONE]\n\n");
    expect(await world.node.exited).toBe(0);
    world.model.behave = plain;
    await world.restart();
  }, 30_000);

  if (workers > 1) {
    test("a worker that dies, in the middle of it or later, is replaced by one that serves the same", async () => {
      const both = { models: [tiny(b()), { id: "later", backends: [b()] }] };
      for (const kill of ["before", "after"]) {
        write(both);
        const [victim = 0] = (await status(world)).workers;
        const done = kill === "before" ? undefined : await reload(world);
        process.kill(victim, "SIGKILL");
        expect(done ?? (await reload(world))).toMatchObject({ code: 0 });
        await until(async () => {
          const { workers: now } = await status(world);
          return now.length === workers && !now.includes(victim);
        }, 10_000);
        await until(async () => (await ask("later", 30).catch(() => ["lost"])).every((one) => one === "200"), 10_000);
        expect(await ask("later", 60)).toEqual(Array.from({ length: 60 }, () => "200"));
        await back();
        await until(async () => (await ask("later", 30)).every((one) => one === "404 model_not_found"), 5000);
      }
    }, 60_000);

    test("a runner cannot be in several processes: refused, with what to do", async () => {
      write({ models: [tiny({ provider: "process", command: ["/bin/true"] })] });
      const { code, stderr } = await reload(world);
      expect([code, stderr]).toEqual([1, expect.stringContaining("provider process needs a restart")]);
      await back();
    }, 30_000);
  }

  test("no node: says so", async () => {
    await world.node.stop();
    expect(await reload(world)).toMatchObject({ code: 1, stderr: expect.stringContaining("no node runs on") });
  });
});
