// A new process takes over from a running node: nobody's stream is cut, no request is lost; or the old one goes on.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { alive } from "../fakes/alive.ts";
import { healthy, json, stream, USAGE } from "../fakes/model-server.ts";
import { keepAsking } from "./keep-asking.ts";
import { fxn } from "./node.ts";
import { streamsAcross } from "./streams-across.ts";
import { until } from "./until.ts";
import { CHAT, chatBody, openWorld, outcome, type World } from "./world.ts";

const STREAMS = 200;
const linux = process.platform === "linux";

async function status(home: string) {
  const { stdout } = await fxn(["status", "--home", home, "--json"]);
  return z
    .object({ ready: z.boolean(), uptimeSeconds: z.number(), workers: z.array(z.number()) })
    .parse(JSON.parse(stdout));
}

/** How many sockets listen on the port of that URL. */
function listeners(url: string): number {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, "0");
  return readFileSync("/proc/self/net/tcp", "utf8").match(new RegExp(`:${port} 00000000:0000 0A`, "g"))?.length ?? 0;
}

/** `fxn restart` with another configuration, which is then put back. */
async function restartWith(world: World, change: Record<string, unknown>) {
  const path = join(world.home, "config.yaml");
  const right = readFileSync(path, "utf8");
  writeFileSync(path, stringify({ ...parse(right), ...change }));
  try {
    return await fxn(["restart", "--home", world.home]);
  } finally {
    writeFileSync(path, right);
  }
}

describe.skipIf(!linux).each([1, 2])("with %d workers", (workers) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ config: { server: { workers } } });
  });
  afterAll(() => world.close());

  test("under load: 200 streams run on to their end, and of the requests meanwhile none is lost", async () => {
    const across = streamsAcross();
    world.model.behave = (received, response) =>
      (received.method === "GET"
        ? healthy
        : JSON.parse(received.body.toString()).stream
          ? across.behave
          : json({ usage: USAGE }))(received, response);
    const before = await status(world.home);
    const responses = await Promise.all(
      Array.from({ length: STREAMS }, () => world.send(CHAT, chatBody({ stream: true }))),
    );
    const texts = responses.map((response) => response.text().catch(() => "connection lost"));
    const load = keepAsking(world);
    const restarted = await fxn(["restart", "--home", world.home]);
    across.happened();
    expect(restarted).toMatchObject({ code: 0, stderr: "" });
    expect(restarted.stdout).toContain("has taken over");
    const after = await status(world.home);
    expect(after.workers.filter((pid) => before.workers.includes(pid))).toEqual([]);
    expect(after.uptimeSeconds).toBeLessThanOrEqual(5);
    const ends = (await Promise.all(texts)).map((text) => text.endsWith("data: [DONE]\n\n") && !text.includes("error"));
    expect(ends.filter((whole) => !whole)).toEqual([]);
    // The load goes on until the old process has left the port: closing it is where a connection could be reset.
    await until(() => listeners(world.node.url) === workers, 20_000);
    await until(() => before.workers.filter((pid) => pid !== world.node.pid).every((pid) => !alive(pid)), 20_000);
    const { asked, wrong } = await load.end();
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(100);
    // Whoever started the node still has it.
    expect(alive(world.node.pid)).toBeTrue();
  }, 60_000);

  test("a nonce that the old process let pass does not pass again", async () => {
    const moment = { nonce: `across-${workers}`, timestamp: Math.floor(Date.now() / 1000) };
    expect(await outcome(await world.send(CHAT, chatBody(), moment))).toBe("200");
    expect(await fxn(["restart", "--home", world.home])).toMatchObject({ code: 0, stderr: "" });
    expect(await outcome(await world.send(CHAT, chatBody(), moment))).toBe("401 nonce_replayed");
  });

  // Whether it takes over is decided before anybody serves: shown once.
  if (workers === 1)
    test("a configuration that does not do: the new process says so, and the old one goes on", async () => {
      const before = await status(world.home);
      const { code, stderr } = await restartWith(world, { nonsense: 1 });
      expect([code, stderr]).toEqual([1, expect.stringContaining("nonsense")]);
      expect((await status(world.home)).workers).toEqual(before.workers);
    });

  test("a new process that fails once the home is its own gives it back, and no request is lost", async () => {
    const before = await status(world.home);
    const taken = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const { port } = taken;
    const load = keepAsking(world);
    const { code, stderr } = await restartWith(world, { admin: { listen: `127.0.0.1:${port}` } });
    await taken.stop(true);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`cannot listen on 127.0.0.1:${port}`)]);
    expect(await status(world.home)).toMatchObject({ ready: true, workers: before.workers });
    expect(world.node.log()).not.toContain("could not be read");
    const answer = await fetch(`${world.node.admin}/ready`);
    expect(answer.status).toBe(200);
    expect((await load.end()).wrong).toEqual([]);
    // And then it can.
    expect(await fxn(["restart", "--home", world.home])).toMatchObject({ code: 0, stderr: "" });
    expect(await outcome(await world.send(CHAT, chatBody()))).toBe("200");
  }, 30_000);

  if (workers === 1)
    test("attack: a replay by means of another window: with one, the new process does not take over", async () => {
      const { code, stderr } = await restartWith(world, { auth: { maxClockSkew: "90s" } });
      expect([code, stderr]).toEqual([1, expect.stringContaining("auth.maxClockSkew or nonceCache.ttl was changed")]);
      expect(await outcome(await world.send(CHAT, chatBody()))).toBe("200");
    }, 30_000);

  test("a node that stops is not restarted", async () => {
    await until(() => listeners(world.node.url) === workers, 20_000);
    world.model.behave = (received, response) =>
      (received.method === "GET" ? healthy : stream({ tokens: 20, everyMs: 100 }))(received, response);
    const streaming = await world.send(CHAT, chatBody({ stream: true }));
    const { workers: pids } = await status(world.home);
    world.node.signal("SIGTERM");
    await world.node.logged("stopping: no new work, running answers may end");
    expect(await fxn(["restart", "--home", world.home])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("this node is stopping"),
    });
    expect(await streaming.text()).toEndWith("data: [DONE]\n\n");
    expect(await world.node.exited).toBe(0);
    expect(pids.every((pid) => !alive(pid))).toBeTrue();
    await world.restart();
  }, 30_000);

  test("a signal to the first process ends the last one", async () => {
    const { workers: pids } = await status(world.home);
    expect(await world.node.stop()).toBe(0);
    expect(pids.every((pid) => !alive(pid))).toBeTrue();
    await world.restart();
  });
});
