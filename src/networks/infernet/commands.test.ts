// The owner's commands: only what is allowed reaches Ollama, and each has an end that the owner hears of, over a crash too.

import { afterAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { PLANE } from "../../../test/fakes/infernet-control-plane.ts";
import { infernetRig } from "../../../test/fakes/infernet-ports.ts";
import { openInfernet } from "../../../test/fakes/infernet-session.ts";
import { systemClock } from "../../core/clock.ts";
import { createFetch, type Fetch } from "../../lib/fetch.ts";
import { isModelName } from "../../lib/ollama.ts";

/** An Ollama of two routes. */
const asked: { path: string; method: string; body: unknown }[] = [];
const ollama = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    const { pathname: path } = new URL(request.url);
    const body = z.looseObject({ model: z.string() }).parse(await request.json());
    asked.push({ path, method: request.method, body });
    if (path === "/api/delete")
      return body.model === "gone"
        ? Response.json({ error: "model 'gone' not found" }, { status: 404 })
        : new Response(null);
    if (body.model === "broken") return new Response('{"status":"pulling"}\n{"error":"no space left"}\n');
    if (body.model === "cut") return new Response('{"status":"pulling manifest"}\n');
    return new Response(
      '{"status":"pulling manifest"}\n{"status":"pulling","total":10,"completed":10}\n{"status":"success"}\n',
    );
  },
});
afterAll(() => ollama.stop(true));
const HOST = `http://127.0.0.1:${ollama.port}`;
const ALLOWED = ["qwen2.5:0.5b", "broken", "cut", "gone"];
const settings = {
  url: PLANE,
  engine: { ollamaHost: HOST },
  commands: { models: ALLOWED },
  intervals: { commandMs: 1000 },
};

async function node(given: object = settings) {
  const clock = new FakeClock();
  const rig = infernetRig(clock);
  const real = createFetch(systemClock);
  const fetch: Fetch = (url, options) => (url.startsWith(HOST) ? real(url, options) : rig.plane.fetch(url, options));
  const session = openInfernet(given, { ...rig.ports, fetch });
  const stop = new AbortController();
  const ended = session.run(stop.signal);
  await clock.advance(100);
  const { public_key: pubkey } = rig.plane.store.rows[0]!;
  return { clock, rig, stop, ended, pubkey };
}

/** Ollama answers in real time. */
async function told(clock: FakeClock, command: { told: number }): Promise<void> {
  for (let i = 0; i < 200 && command.told === 0; i++) {
    await clock.advance(100);
    await Bun.sleep(2);
  }
}

describe("commands", () => {
  test.each([
    ["model_install", "qwen2.5:0.5b", { status: "completed", result: { stdout: "success", stderr: "", code: 0 } }],
    ["model_remove", "qwen2.5:0.5b", { status: "completed", result: { stdout: "deleted 'qwen2.5:0.5b'", code: 0 } }],
    ["model_install", "broken", { status: "failed", error: "ollama exited 1: no space left" }],
    ["model_install", "cut", { status: "failed", error: "ollama exited 1: the answer broke off" }],
    ["model_remove", "gone", { status: "failed", error: "ollama exited 1: model 'gone' not found" }],
  ])("%s %s", async (command, model, end) => {
    const { clock, rig, pubkey } = await node();
    const given = rig.plane.store.addCommand(pubkey, command, { model });
    await told(clock, given);
    expect(given).toMatchObject({ ...end, told: 1 });
  });

  test.each([
    ["a model that is not allowed", "model_install", { model: "llama3" }, "has not allowed this model"],
    ["a flag for a model", "model_install", { model: "--insecure" }, "names no model"],
    ["no model", "model_install", {}, "names no model"],
    ["another command", "shell", { model: "qwen2.5:0.5b" }, "no such command"],
  ])("%s is refused, and Ollama never hears of it", async (_name, command, args, error) => {
    const before = asked.length;
    const { clock, rig, pubkey } = await node();
    const given = rig.plane.store.addCommand(pubkey, command, args);
    await told(clock, given);
    expect(given).toMatchObject({ status: "failed", error: expect.stringContaining(error), told: 1 });
    expect(asked).toHaveLength(before);
  });

  test("nothing is allowed until somebody allows it", async () => {
    const { clock, rig, pubkey } = await node({ ...settings, commands: {} });
    const given = rig.plane.store.addCommand(pubkey, "model_install", { model: "qwen2.5:0.5b" });
    await told(clock, given);
    expect(given).toMatchObject({ status: "failed", error: expect.stringContaining("has not allowed") });
  });

  test("one whose end was not heard is told again; one of a run before is failed", async () => {
    const { clock, rig, pubkey } = await node();
    let failures = 3;
    rig.plane.fault = (path) =>
      /complete$/.test(path) && failures-- > 0 ? { kind: "lost", applied: false } : undefined;
    const given = rig.plane.store.addCommand(pubkey, "shell", {});
    await clock.advance(30_000);
    expect(given).toMatchObject({ status: "failed", told: 1 });
    const left = rig.plane.store.addCommand(pubkey, "model_install", { model: "qwen2.5:0.5b" });
    left.status = "running";
    const next = infernetRig(clock);
    next.state.add("command", left.id, "claimed");
    const session = openInfernet(settings, { ...next.ports, fetch: rig.plane.fetch });
    void session.run(new AbortController().signal);
    await clock.advance(1000);
    expect(left).toMatchObject({ status: "failed", error: "the node was restarted", told: 1 });
  });
});

test.each([
  [["qwen2.5:*"], "qwen2.5:0.5b", 1],
  [["qwen2.5:*"], "qwen2x5:0.5b", 0],
  [["qwen2.5"], "qwen2.5:0.5b", 0],
  [["*"], "qwen2.5:0.5b", 1],
  [["*"], "--help", 0],
])("of %j, %s is installed: %d", async (models, model, times) => {
  const { clock, rig, pubkey } = await node({ ...settings, commands: { models } });
  const before = asked.length;
  const command = rig.plane.store.addCommand(pubkey, "model_install", { model });
  await told(clock, command);
  expect([command.status, asked.length - before]).toEqual([times > 0 ? "completed" : "failed", times]);
});

describe("what goes wrong with one does not harm the others", () => {
  test("an odd entry among them is failed when it has an id", async () => {
    const { clock, rig, pubkey } = await node();
    const odd = rig.plane.store.addCommand(pubkey, "shell", {});
    Object.assign(odd, { command: 7 });
    const nameless = rig.plane.store.addCommand(pubkey, "shell", {});
    Object.assign(nameless, { id: 1 });
    const good = rig.plane.store.addCommand(pubkey, "model_remove", { model: "qwen2.5:0.5b" });
    await told(clock, good);
    expect(good).toMatchObject({ status: "completed", told: 1 });
    expect(odd).toMatchObject({ status: "failed", error: "the command is not as it should be", told: 1 });
  });

  test("with a full disk none is run, each is failed, and the session goes on", async () => {
    const { clock, rig, pubkey } = await node();
    const before = asked.length;
    const { add, set } = { add: rig.state.add.bind(rig.state), set: rig.state.set.bind(rig.state) };
    const full = () => {
      throw new Error("database or disk is full");
    };
    Object.assign(rig.state, { add: full, set: full });
    const both = [0, 1].map(() => rig.plane.store.addCommand(pubkey, "model_install", { model: "qwen2.5:0.5b" }));
    await clock.advance(5000);
    expect(both.map(({ status, told }) => [status, told])).toEqual([
      ["failed", 1],
      ["failed", 1],
    ]);
    expect(asked).toHaveLength(before);
    Object.assign(rig.state, { add, set });
    const next = rig.plane.store.addCommand(pubkey, "model_remove", { model: "qwen2.5:0.5b" });
    await told(clock, next);
    expect(next).toMatchObject({ status: "completed", told: 1 });
  });
});

test("names of models", () => {
  const good = ["qwen2.5:7b", "llama3", "hf.co/user/repo:Q4_K_M", "a/b"];
  const bad = [
    "",
    "-x",
    "--help",
    "a b",
    "../x",
    "a/../b",
    "/etc/passwd",
    "a:b:c",
    "x\n",
    "a;b",
    `a${"b".repeat(300)}`,
  ];
  expect(good.map(isModelName)).toEqual(good.map(() => true));
  expect(bad.map(isModelName)).toEqual(bad.map(() => false));
});
