// What is asked how often, and what the whole of it makes of a node: told to real receivers, nothing while it stops.
import { afterAll, describe, expect, test } from "bun:test";
import { until } from "../../../test/e2e/until.ts";
import { startAlertReceivers } from "../../../test/fakes/alert-receivers.ts";
import { condition } from "../../../test/fakes/alerts.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { FakeNetworkState } from "../../../test/fakes/network-state.ts";
import { alerts as schema } from "../../config/watch-settings.ts";
import { type Check, type CheckAnswer, fail, ok, skip, warn } from "../../core/check.ts";
import { createFetch } from "../../lib/fetch.ts";
import { BOOK } from "../../networks/config.ts";
import { Registry } from "../../observe/metrics/node.ts";
import { Alerts } from "./alerts.ts";
import { Watch } from "./watch.ts";

const MINUTE = 60_000;
const receivers = startAlertReceivers("tk_1");
afterAll(() => receivers.stop());

function scripted(id: string) {
  const script = { answer: ok("fine") as CheckAnswer, asked: 0 };
  const check: Check = {
    id,
    title: `${id} is well`,
    async run() {
      script.asked++;
      return script.answer;
    },
  };
  return { script, check };
}

test("what costs is asked now and then, yellow or not; once a minute while it is red", async () => {
  const clock = new FakeClock();
  const often = scripted("backend.answers");
  const rare = scripted("provider.stake");
  const sources = [
    { everyMs: 0, checks: () => [often.check] },
    { everyMs: 10 * MINUTE, checks: () => [rare.check] },
  ];
  const watch = new Watch(sources, schema.parse({ exclude: ["gpu.*"] }), clock);
  const { signal } = new AbortController();
  const look = async () => {
    await clock.advance(MINUTE);
    const { wrong, unknown } = (await watch.look(signal)) ?? expect.unreachable();
    return [...wrong.map(({ id, severity }) => `${id} ${severity}`), ...unknown];
  };
  for (let i = 0; i < 20; i++) expect(await look()).toEqual([]);
  expect([often.script.asked, rare.script.asked]).toEqual([20, 2]);
  rare.script.answer = warn("little", "stake more");
  for (let i = 0; i < 10; i++) await look();
  expect(await look()).toEqual(["provider.stake warning"]);
  const asked = rare.script.asked;
  for (let i = 0; i < 20; i++) await look();
  expect(rare.script.asked).toBe(asked + 2);
  often.script.answer = skip("not now");
  rare.script.answer = fail("none", "stake");
  for (let i = 0; i < 10; i++) await look();
  const red = rare.script.asked;
  for (let i = 0; i < 5; i++) await look();
  expect(rare.script.asked).toBe(red + 5);
  expect(await look()).toEqual(["provider.stake critical", "backend.answers"]);
  const port = scripted("port.reachable");
  port.script.answer = warn("nothing, from here", "ask from elsewhere");
  const inside = new Watch([{ everyMs: 0, checks: () => [port.check] }], schema.parse({}), clock);
  expect((await inside.look(signal))?.wrong).toEqual([]);
  port.script.answer = fail("nothing", "open it");
  expect((await inside.look(signal))?.wrong).toHaveLength(1);
});

test("who answers slowly holds nobody up, and until everybody was heard there is no picture", async () => {
  const clock = new FakeClock();
  const quick = scripted("backend.answers");
  quick.script.answer = fail("gone", "?");
  const slow = scripted("rpc.answers");
  const { promise, resolve } = Promise.withResolvers<CheckAnswer>();
  const sources = [quick.check, { ...slow.check, run: () => promise }].map((check) => ({
    everyMs: 0,
    checks: () => [check],
  }));
  const watch = new Watch(sources, schema.parse({}), clock);
  const { signal } = new AbortController();
  const look = async () => {
    const found = watch.look(signal);
    await clock.advance(2000);
    return (await found)?.wrong.map(({ id }) => id);
  };
  expect(await look()).toBeUndefined();
  resolve(ok("at last"));
  await clock.advance(2000);
  expect(await look()).toEqual(["backend.answers"]);
});

function setUp(settings: Record<string, unknown>, clock = new FakeClock(), state = new FakeNetworkState(clock)) {
  const log = new FakeLog();
  const register = new Registry();
  const { script, check } = scripted("backend.answers");
  const alerts = new Alerts(schema.parse({ name: "gpu-1", ...settings }), {
    sources: [{ everyMs: 0, checks: () => [check] }],
    ...{ state, register, clock, log, version: "1.0.0" },
    fetch: createFetch({ now: Date.now, monotonic: () => performance.now(), after: () => () => {} }),
  });
  const ending = new AbortController();
  const run = alerts.run(ending.signal);
  const minutes = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await clock.advance(MINUTE);
      // A look is some promises long, and a message is on a real socket.
      await Bun.sleep(2);
    }
  };
  const end = () => {
    ending.abort();
    return run;
  };
  const change = async (next: Record<string, unknown>) =>
    (await alerts.prepare({ config: BOOK.schema.parse({ alerts: { name: "gpu-1", ...next } }) })).commit();
  return { alerts, change, script, minutes, register, end, log, again: () => setUp(settings, clock, state) };
}

const HOOK = { webhooks: [{ url: `${receivers.url}/hook` }] };

describe("the alerts of a node", () => {
  test("Alerts without a monitoring stack: webhook and ntfy, each linked to the doctor check that explains it", async () => {
    const ntfy = [{ url: `${receivers.url}/my-topic`, token: "tk_1" }];
    const { alerts, script, minutes, register, end } = setUp({ ...HOOK, ntfy, linkBase: "https://docs.example" });
    script.answer = fail("http://127.0.0.1:1: connection refused", "Is it running?");
    await minutes(6);
    await until(() => receivers.webhooks.length === 1 && receivers.ntfy.length === 1);
    const [told] = receivers.webhooks[0]?.alerts ?? [];
    expect(told?.labels).toMatchObject({ check: "backend.answers", severity: "critical", instance: "gpu-1" });
    expect(told?.annotations.runbook_url).toBe("https://docs.example/README.md#check-backend-answers");
    expect(receivers.ntfy[0]?.click).toBe("https://docs.example/README.md#check-backend-answers");
    expect(await register.metrics()).toContain('fxn_alerts_firing{check="backend.answers"} 1');
    // It is counted when the answer has come back.
    const sent = /fxn_alerts_sent_total\{target="webhook 127\.0\.0\.1:\d+",outcome="sent"\} 1/;
    await until(async () => sent.test(await register.metrics()));
    expect(alerts.status()?.firing).toHaveLength(1);
    script.answer = ok("it answers");
    await minutes(5);
    await until(() => receivers.webhooks.length === 2);
    expect(receivers.webhooks[1]?.status).toBe("resolved");
    expect(await register.metrics()).not.toContain("fxn_alerts_firing{");
    expect(receivers.refused).toEqual([]);
    await end();
  });

  test("others are told from a reload on: what stands is told nobody twice, and what no former one took is not lost", async () => {
    const gone = { webhooks: [{ url: "http://127.0.0.1:1/hook" }] };
    const { alerts, change, script, minutes, end } = setUp(HOOK);
    const before = receivers.webhooks.length;
    const topics = receivers.ntfy.length;
    script.answer = fail("gone", "?");
    await minutes(6);
    await until(() => receivers.webhooks.length === before + 1);
    // The webhook stays, a topic comes, a look is due sooner.
    await change({ ...HOOK, after: "1m", ntfy: [{ url: `${receivers.url}/my-topic`, token: "tk_1" }] });
    await minutes(10);
    expect([receivers.webhooks.length, receivers.ntfy.length]).toEqual([before + 1, topics]);
    // It is told to nobody: the target is wrong, which the operator mends.
    await change(gone);
    script.answer = ok("it answers");
    await minutes(6);
    expect(alerts.status()?.targets).toMatchObject([{ waiting: 1 }]);
    await change(HOOK);
    await minutes(2);
    await until(() => receivers.webhooks.length === before + 2);
    expect(receivers.webhooks.at(-1)?.status).toBe("resolved");
    await change({});
    expect(alerts.status()).toBeNull();
    await end();
  });

  test("a node that is renamed tells each target once: what one of them did not take goes to itself, and to no other", async () => {
    const slow = Promise.withResolvers<Response>();
    const told: string[] = [];
    using bad = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      async fetch(request) {
        told.push(/"instance":"([^"]*)"/.exec(await request.text())?.[1] ?? "nobody");
        return told.length === 1 ? slow.promise : new Response();
      },
    });
    const webhooks = [...HOOK.webhooks, { url: bad.url.href }];
    const { change, script, minutes, end } = setUp({ webhooks });
    const before = receivers.webhooks.length;
    script.answer = fail("gone", "?");
    await minutes(6);
    await until(() => receivers.webhooks.length === before + 1 && told.length === 1);
    await change({ name: "gpu-2", webhooks });
    slow.resolve(new Response(null, { status: 503 }));
    await until(() => told.length === 2);
    await minutes(3);
    expect([told, receivers.webhooks.length]).toEqual([["gpu-1", "gpu-2"], before + 1]);
    await end();
  });

  test("with a dead-man ping alone nobody looks: nothing stays firing, and nothing piles up to be told later", async () => {
    const deadMan = { deadMan: { url: `${receivers.url}/ping` } };
    const { alerts, change, script, minutes, register, end } = setUp({ ...HOOK, ...deadMan });
    const before = receivers.webhooks.length;
    script.answer = fail("gone", "?");
    await minutes(6);
    await until(() => receivers.webhooks.length === before + 1);
    expect(alerts.status()?.firing).toHaveLength(1);
    await change(deadMan);
    alerts.happened(condition("challenge.failed"));
    script.answer = ok("it answers");
    await minutes(6);
    expect(alerts.status()).toMatchObject({ firing: [], targets: [{}] });
    expect(await register.metrics()).not.toContain("fxn_alerts_firing{");
    // Somebody looks again: what was told is over.
    await change({ ...HOOK, ...deadMan });
    await minutes(6);
    await until(() => receivers.webhooks.length === before + 2);
    const [told, ...more] = receivers.webhooks.at(-1)?.alerts ?? [];
    expect([told?.labels.check, told?.status, more]).toEqual(["backend.answers", "resolved", []]);
    await end();
  });

  test("a target that is down while it is over hears so after a restart, and the other not twice", async () => {
    const told: string[] = [];
    let status = 204;
    using other = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      async fetch(request) {
        if (status === 204) told.push(/"status":"([a-z]+)"/.exec(await request.text())?.[1] ?? "nothing");
        return new Response(null, { status });
      },
    });
    const first = setUp({ webhooks: [...HOOK.webhooks, { url: other.url.href }] });
    const before = receivers.webhooks.length;
    first.script.answer = fail("gone", "?");
    await first.minutes(6);
    await until(() => receivers.webhooks.length === before + 1 && told.length === 1);
    status = 503;
    first.script.answer = ok("it answers");
    await first.minutes(6);
    await until(() => receivers.webhooks.length === before + 2);
    await until(() => first.alerts.status()?.targets[0]?.waiting === 0);
    await first.end();
    status = 204;
    const second = first.again();
    await until(() => told.length === 2);
    await second.minutes(6);
    expect([told, receivers.webhooks.length]).toEqual([["firing", "resolved"], before + 2]);
    await until(() => second.alerts.status()?.targets[1]?.waiting === 0);
    await second.end();
    const third = second.again();
    await third.minutes(3);
    expect(told).toHaveLength(2);
    await third.end();
  });

  test("what an earlier version has kept fires on, and is over for everybody", async () => {
    const clock = new FakeClock();
    const state = new FakeNetworkState(clock);
    const old = { condition: condition("backend.answers"), since: 0, toldAt: clock.now(), event: false };
    state.set("firing", "backend.answers", JSON.stringify(old));
    const { alerts, minutes, end } = setUp(HOOK, clock, state);
    const before = receivers.webhooks.length;
    expect(alerts.status()?.firing).toMatchObject([{ id: "backend.answers", state: "firing" }]);
    await minutes(6);
    await until(() => receivers.webhooks.length === before + 1);
    expect(receivers.webhooks.at(-1)?.status).toBe("resolved");
    await end();
  });

  test("what the operator wants to hear no more of ends in silence: it is not over", async () => {
    const { alerts, change, script, minutes, end } = setUp(HOOK);
    const before = receivers.webhooks.length;
    script.answer = fail("gone", "?");
    await minutes(6);
    await until(() => receivers.webhooks.length === before + 1);
    await change({ ...HOOK, exclude: ["backend.*"] });
    expect(alerts.status()?.firing).toEqual([]);
    await minutes(6);
    expect(receivers.webhooks.length).toBe(before + 1);
    await end();
  });

  test("a node that its operator stops tells nothing more", async () => {
    const { alerts, script, minutes, end } = setUp(HOOK);
    const before = receivers.webhooks.length;
    script.answer = fail("gone", "?");
    alerts.rest();
    await minutes(10);
    expect(receivers.webhooks).toHaveLength(before);
    await end();
  });

  test("there are none where nobody is to be told", async () => {
    const { alerts, register, end } = setUp({});
    expect(alerts.status()).toBeNull();
    expect(await register.metrics()).not.toContain("fxn_alerts");
    await end();
  });
});
