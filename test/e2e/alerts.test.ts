// Alerts through the binary: a model server dies, its alert arrives once and is over when it is back; the dead man's switch.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { type AlertReceivers, startAlertReceivers } from "../fakes/alert-receivers.ts";
import { ModelServer } from "../fakes/model-server.ts";
import { fxn, makeHome, startNode, writeConfig } from "./node.ts";
import { until } from "./until.ts";
import { openWorld, type World } from "./world.ts";

const targets = z.object({
  alerts: z.object({ targets: z.array(z.object({ name: z.string(), waiting: z.number() })) }),
});

let receivers: AlertReceivers;
let world: World;
let settings: Record<string, unknown>;

beforeAll(async () => {
  receivers = startAlertReceivers("tk_canary1", "42:AAcanary5");
  settings = {
    name: "gpu-1",
    webhooks: [{ url: `${receivers.url}/hook`, headers: "x-key=canary2", secret: "canary3" }],
    ntfy: [{ url: `${receivers.url}/topic-canary4`, token: "tk_canary1" }],
    telegram: [{ server: receivers.url, token: "42:AAcanary5", chatId: -100123 }],
    deadMan: { url: `${receivers.url}/ping`, interval: "200ms" },
    after: "1s",
    // What else may be red in a world of tests is not this test's subject.
    include: "backend.answers,config.reload,challenge.answered",
  };
  world = await openWorld({ config: { node: { listenPort: 0 }, alerts: settings, server: { workers: 1 } } });
});
afterAll(async () => {
  await world.close();
  receivers.stop();
});

describe("Alerts without a monitoring stack: webhook and ntfy, each linked to the doctor check that explains it", () => {
  test("a model server that dies is told once, a restart does not tell it again, and when it is back it is over", async () => {
    const port = Number(new URL(world.model.url).port);
    world.model.stop();
    await until(() => receivers.webhooks.length > 0 && receivers.ntfy.length > 0 && receivers.telegram.length > 0);
    const [alert] = receivers.webhooks[0]?.alerts ?? [];
    expect(alert).toMatchObject({
      status: "firing",
      labels: { check: "backend.answers", severity: "critical", instance: "gpu-1" },
      annotations: { runbook: "fxn doctor --explain backend.answers" },
    });
    expect(alert?.annotations.mend).toContain("Start the model server");
    expect(alert?.annotations.description).toContain("nothing serves tiny");
    expect(receivers.ntfy[0]).toMatchObject({ topic: "topic-canary4", priority: 5 });
    // Without an address of the README on the web there is no link, and all of it is in the message.
    expect(receivers.ntfy[0]?.click).toBeUndefined();
    expect(receivers.ntfy[0]?.message).toContain("What to do: Start the model server");
    expect(receivers.ntfy[0]?.message).toContain("On the machine: fxn doctor --explain backend.answers");
    expect(receivers.telegram[0]).toMatchObject({ chat_id: "-100123", disable_notification: false });
    expect(receivers.telegram[0]?.text).toContain("On the machine: fxn doctor --explain backend.answers");

    const listed = await fxn(["alerts", "list", "--home", world.home]);
    expect(listed.code).toBe(1);
    expect(listed.stdout).toMatch(/^critical {2}backend\.answers {2}for \d+/);
    const status = await fxn(["status", "--home", world.home]);
    expect(status.stdout).toContain("alerts       backend.answers; fxn alerts list");
    const metrics = await (await fetch(`${world.node.admin}/metrics`)).text();
    expect(metrics).toContain('fxn_alerts_firing{check="backend.answers"} 1');

    const pid = world.node.pid;
    expect(await world.node.stop()).toBe(0);
    // The stop itself is no news, and the next node knows what was told.
    world.node = await startNode(world.home);
    expect(world.node.pid).not.toBe(pid);
    await Bun.sleep(3500);
    expect(receivers.webhooks).toHaveLength(1);
    expect(receivers.ntfy).toHaveLength(1);
    expect(receivers.telegram).toHaveLength(1);

    const back = await ModelServer.start(undefined, port);
    await until(() => [receivers.webhooks, receivers.ntfy, receivers.telegram].every(({ length }) => length > 1));
    expect(receivers.webhooks[1]).toMatchObject({ status: "resolved", alerts: [{ status: "resolved" }] });
    expect(receivers.ntfy[1]?.title).toBe("gpu-1: over: backend.answers");
    expect((await fxn(["alerts", "list", "--home", world.home])).stdout).toContain("Nothing fires.");
    expect(receivers.refused).toEqual([]);
    expect(world.node.log()).not.toContain("canary");
    back.stop();
  }, 60_000);

  test("fxn alerts test tells what each of them answers, and config show tells no secret", async () => {
    const before = receivers.webhooks.length;
    const tested = await fxn(["alerts", "test", "--check", "disk.free", "--json", "--home", world.home]);
    const { schema, answers } = JSON.parse(tested.stdout);
    expect([tested.code, schema]).toEqual([0, 1]);
    expect(answers).toMatchObject([
      { target: expect.stringMatching(/^webhook 127/), status: 204, error: null },
      { target: expect.stringMatching(/^ntfy 127/), status: 200, error: null },
      { target: expect.stringMatching(/^telegram 127/), status: 200, error: null },
    ]);
    expect(receivers.webhooks[before]?.alerts[0]?.annotations.description).toBe("This is a test: nothing is wrong.");
    const shown = await fxn(["config", "show", "--home", world.home]);
    expect(shown.stdout).toContain("webhooks");
    expect(shown.stdout).not.toContain("canary");
    const report = await fxn(["bugreport", "--show", "config.json", "--home", world.home]);
    expect(report.stdout).toContain('"chatId": "***"');
    expect(report.stdout).not.toMatch(/canary|100123/);

    const home = makeHome();
    writeConfig(home, { alerts: { ...settings, ntfy: [{ url: `${receivers.url}/topic`, token: "wrong" }] } });
    const refused = await fxn(["alerts", "test", "--home", home]);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/^taken .*\nNOT TAKEN ntfy 127\.0\.0\.1:\d+: it answered 401\ntaken .*$/m);
    writeConfig(home, {});
    expect((await fxn(["alerts", "test", "--home", home])).code).toBe(1);
  });
});

test("what only happens is told too: a reload that was refused, and a challenge that failed, each with its own check", async () => {
  const told = (id: string, status: string) =>
    receivers.webhooks
      .flatMap(({ alerts }) => alerts)
      .find((alert) => alert.labels.check === id && alert.status === status)?.annotations;
  const config = join(world.home, "config.yaml");
  const before = readFileSync(config, "utf8");
  writeFileSync(config, before.replace("listenPort", "listenPrt"));
  expect((await fxn(["reload", "--home", world.home])).code).not.toBe(0);
  await until(() => told("config.reload", "firing") !== undefined);
  expect(told("config.reload", "firing")?.description).toContain("listenPrt");
  writeFileSync(config, before);
  expect((await fxn(["reload", "--home", world.home])).code).toBe(0);
  await until(() => told("config.reload", "resolved") !== undefined);

  // It does not know its public IP.
  expect((await world.send("/challenge", { type: "IDENTITY", payload: {} }, { as: "scheduler" })).status).toBe(500);
  await until(() => told("challenge.answered", "firing") !== undefined);
  expect(told("challenge.answered", "firing")?.description).toMatch(
    /^IDENTITY failed.*: this node does not know its public IP$/,
  );
}, 60_000);

test("a target that was down when it was over hears so from the next node, and the others not twice", async () => {
  const heard: string[] = [];
  let status = 503;
  using down = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      if (status === 204) heard.push(await request.text());
      return new Response(null, { status });
    },
  });
  const told = () =>
    receivers.webhooks
      .flatMap(({ alerts }) => alerts)
      .filter(({ labels }) => labels.check === "backend.answers")
      .map((alert) => alert.status);
  await until(() => told().at(-1) === "firing");
  await world.node.stop();
  const path = join(world.home, "config.yaml");
  const config = parse(readFileSync(path, "utf8"));
  config.alerts.webhooks.push({ url: down.url.href });
  writeFileSync(path, stringify(config));
  world.node = await startNode(world.home);
  const back = await ModelServer.start(undefined, Number(new URL(world.model.url).port));
  await until(() => told().at(-1) === "resolved");
  const before = told().length;
  // Its answer has come back too.
  await until(async () => {
    const { stdout } = await fxn(["status", "--json", "--home", world.home]);
    const waiting = targets.parse(JSON.parse(stdout)).alerts.targets.filter((one) => one.waiting > 0);
    return waiting.length === 1 && waiting[0]?.name === `webhook 127.0.0.1:${down.port}`;
  });
  await world.node.stop();
  status = 204;
  world.node = await startNode(world.home);
  await until(() => heard.length > 0);
  expect(heard[0]).toContain('"status":"resolved"');
  expect(heard[0]).toContain("backend.answers");
  expect(told().slice(before)).toEqual([]);
  back.stop();
}, 60_000);

test("plus a dead-man ping: it goes on as long as the node runs, and ends when it is killed", async () => {
  const at = receivers.pings.length;
  await until(() => receivers.pings.length > at + 3);
  await world.node.kill();
  await Bun.sleep(300);
  const ended = receivers.pings.length;
  await Bun.sleep(1000);
  expect(receivers.pings.length).toBe(ended);
});

test("each alert's id is explained by the command that its message names", async () => {
  for (const id of ["challenge.answered", "backend.answers", "node.update"]) {
    const explained = await fxn(["doctor", "--explain", id]);
    expect(explained).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });
  }
});
