// The inference service gets another configuration while it serves: nobody's answer is cut, nobody who waits is lost.
import { afterEach, describe, expect, test } from "bun:test";
import { backend, InferenceRig, oneModel, type Settings } from "../../test/fakes/inference-rig.ts";
import { json, ModelServer, stream } from "../../test/fakes/model-server.ts";
import type { ModelsConfig } from "../config/models-schema.ts";
import type { InferenceConfig } from "./service.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

async function server(name: string): Promise<ModelServer> {
  const started = await ModelServer.start();
  started.behave = json({ name });
  cleanups.push(() => started.stop());
  return started;
}

function rigWith(models: ModelsConfig, settings?: Settings) {
  const rig = new InferenceRig(models, settings);
  cleanups.push(() => rig.stop());
  const reload = async (next: ModelsConfig, change: Partial<InferenceConfig> = {}) => {
    const prepared = await rig.inference.prepare({ ...rig.config, models: next, ...change });
    prepared.commit();
    return prepared;
  };
  const answerOf = async () => (await rig.chat()).text();
  return { rig, reload, answerOf };
}

const turn = () => Bun.sleep(20);
const at = (one: ModelServer, more = {}) => backend(one.url, more);
const label = (one: ModelServer) => new URL(one.url).origin;

describe("what is served", () => {
  test("another server, another model, another alias: from one request to the next", async () => {
    const [a, b] = [await server("a"), await server("b")];
    const { rig, reload, answerOf } = rigWith(oneModel(at(a)));
    expect(await answerOf()).toBe('{"name":"a"}');
    await reload({ catchAll: false, models: [{ id: "big", aliases: ["tiny"], backends: [at(b)] }] });
    expect(await answerOf()).toBe('{"name":"b"}');
    expect(rig.inference.models().map(({ id }) => id)).toEqual(["big", "tiny"]);
    expect((await rig.chat({ model: "small" })).status).toBe(404);
  });

  test("prepared and let go: nothing has changed, and what was opened for it is closed", async () => {
    const [a, b] = [await server("a"), await server("b")];
    const { rig, answerOf } = rigWith(oneModel(at(a)));
    const prepared = await rig.inference.prepare({ ...rig.config, models: oneModel(at(b)) });
    expect(rig.opened).toEqual([label(a), label(b)]);
    prepared.discard();
    expect(rig.closed).toEqual([label(b)]);
    expect(await answerOf()).toBe('{"name":"a"}');
  });

  test("new servers are asked how they are before anything depends on them", async () => {
    const [a, b, c] = [await server("a"), await server("b"), await server("c")];
    const { rig, reload } = rigWith(oneModel(at(a)), { health: { interval: 60_000 } });
    b.behave = json({}, 500);
    const { fresh } = await reload(oneModel(at(b), at(c)));
    expect(fresh).toEqual([
      { name: label(b), error: expect.stringContaining("500") },
      { name: label(c), error: undefined },
    ]);
    expect(rig.inference.health().ready).toBeTrue();
  });

  test("probes follow: what is gone is asked no more, what is new is, at its own interval", async () => {
    const [a, b] = [await server("a"), await server("b")];
    const { rig, reload } = rigWith(oneModel(at(a)), { health: { interval: 15 } });
    const ending = new AbortController();
    cleanups.push(() => ending.abort());
    void rig.inference.run(ending.signal);
    await reload(oneModel(at(b)), { health: { ...rig.config.health, interval: 10 } });
    await turn();
    const [ofA, ofB] = [a.received.length, b.received.length];
    await Bun.sleep(100);
    expect(a.received.length).toBe(ofA);
    expect(b.received.length).toBeGreaterThan(ofB + 2);
  });
});

describe("model servers", () => {
  test("one that is still named keeps what is known of it, whatever else changes; new limits hold for it", async () => {
    const [a, b] = [await server("a"), await server("b")];
    const { rig, reload, answerOf } = rigWith(oneModel(at(a), at(b)));
    a.behave = json({}, 503);
    for (let i = 0; i < 6; i++) await answerOf();
    const ofA = () => rig.inference.health().backends.find(({ backend }) => backend === label(a));
    expect(ofA()).toMatchObject({ state: "open", lastError: "it answered 503" });
    await reload(oneModel(at(b), at(a, { weight: 2, maxConcurrent: 7 })));
    expect(ofA()).toMatchObject({ state: "open", lastError: "it answered 503" });
    expect(rig.opened).toEqual([label(a), label(b)]);
    await reload(oneModel(at(b)));
    expect(rig.closed).toEqual([label(a)]);
    await reload(oneModel(at(b), at(a)));
    expect(ofA()).toMatchObject({ state: "unknown" });
  });

  test("one with another key is another server, with the same name, and what runs at the former is counted there", async () => {
    const a = await server("a");
    const { rig, reload, answerOf } = rigWith(oneModel(at(a)));
    a.behave = stream({ tokens: 3, everyMs: 40 });
    const streaming = await rig.chat({ stream: true });
    await reload(oneModel(at(a, { maxTokens: 9 })));
    expect(rig.opened).toEqual([label(a), label(a)]);
    expect(rig.inference.health().backends).toMatchObject([{ backend: label(a), inflight: 1 }]);
    a.behave = json({ name: "a" });
    expect(await answerOf()).toBe('{"name":"a"}');
    expect(rig.closed).toEqual([]);
    expect(await streaming.text()).toEndWith("data: [DONE]\n\n");
    expect(rig.closed).toEqual([label(a)]);
    expect(rig.inference.health().backends).toMatchObject([{ inflight: 0 }]);
    expect(await rig.metric("fxn_backend_inflight")).toBe(0);
  });

  test("one that is gone is let go after its last answer; named again before that, it was never away", async () => {
    const [a, b] = [await server("a"), await server("b")];
    const { rig, reload } = rigWith(oneModel(at(a)));
    a.behave = stream({ tokens: 4, everyMs: 40 });
    const streaming = await rig.chat({ stream: true });
    await reload(oneModel(at(b)));
    await reload(oneModel(at(a)));
    expect(rig.opened).toEqual([label(a), label(b)]);
    expect(rig.closed).toEqual([label(b)]);
    await reload(oneModel(at(b)));
    expect(rig.closed).toEqual([label(b)]);
    expect(await streaming.text()).toEndWith("data: [DONE]\n\n");
    expect(rig.closed).toEqual([label(b), label(a)]);
  });

  test("metrics of one that is gone are gone", async () => {
    const [a, b] = [await server("a"), await server("b")];
    const { rig, reload, answerOf } = rigWith(oneModel(at(a)));
    await answerOf();
    expect(await rig.metric("fxn_backend_up", { backend: label(a) })).toBe(1);
    await reload(oneModel(at(b)));
    expect(await rig.metric("fxn_backend_up", { backend: label(a) })).toBeUndefined();
  });
});

describe("who waits", () => {
  /** A model with one place, taken by a stream that ends when the test says so, and those who wait behind it. */
  async function waiting(count: number, settings: Settings = {}) {
    const a = await server("a");
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const made = rigWith(oneModel(at(a, { maxConcurrent: 1 })), settings);
    a.behave = stream({ tokens: 1, pace: () => gate });
    const streaming = await made.rig.chat({ stream: true });
    a.behave = json({ name: "a" });
    const answers = Array.from({ length: count }, () =>
      made.rig.chat().then(async (response) => `${response.status} ${await response.text()}`),
    );
    while (made.rig.inference.health().waiting.tiny !== count) await turn();
    return { ...made, a, open, answers, streaming };
  }

  test("is served by what takes the place of a server that is gone, at once", async () => {
    const { reload, answers, open, rig } = await waiting(3);
    const b = await server("b");
    await reload(oneModel(at(b)));
    expect(await Promise.all(answers)).toEqual(['200 {"name":"b"}', '200 {"name":"b"}', '200 {"name":"b"}']);
    expect(rig.inference.health().waiting).toEqual({ tiny: 0 });
    open();
  });

  test("through several reloads; in the order of arrival, before those who came later", async () => {
    const { reload, answers, a, open, rig } = await waiting(2);
    const b = await server("b");
    await reload(oneModel(at(a, { maxConcurrent: 1, weight: 2 })));
    await reload(oneModel(at(a, { maxConcurrent: 1, weight: 3 })));
    const order: number[] = [];
    for (const [i, answer] of answers.entries()) void answer.then(() => order.push(i));
    const last = rig.chat().then(() => order.push(2));
    while (rig.inference.health().waiting.tiny !== 3) await turn();
    await reload(oneModel(at(b, { maxConcurrent: 1 })));
    await last;
    expect(order).toEqual([0, 1, 2]);
    open();
  });

  test("for a model that is gone: is served where it waits; only then is that server let go", async () => {
    const { reload, answers, a, open, rig, streaming } = await waiting(2);
    const b = await server("b");
    await reload({ catchAll: false, models: [{ id: "other", aliases: [], backends: [at(b)] }] });
    expect((await rig.chat()).status).toBe(404);
    expect(rig.closed).toEqual([]);
    open();
    expect(await streaming.text()).toEndWith("data: [DONE]\n\n");
    expect(await Promise.all(answers)).toEqual(['200 {"name":"a"}', '200 {"name":"a"}']);
    expect(rig.closed).toEqual([label(a)]);
  });

  test("for a route that the new server lacks: the same", async () => {
    const { reload, answers, open } = await waiting(1);
    const b = await server("b");
    await reload(oneModel(at(b, { routes: ["/v1/embeddings"] })));
    open();
    expect(await Promise.all(answers)).toEqual(['200 {"name":"a"}']);
  });

  test("leaves the queue as before when its caller leaves or its time is over", async () => {
    const { reload, answers, a, open, rig } = await waiting(1, { queue: { timeout: 300 } });
    const leaving = new AbortController();
    const left = rig.chat({}, { signal: leaving.signal }).catch(() => "left");
    while (rig.inference.health().waiting.tiny !== 2) await turn();
    await reload(oneModel(at(a, { maxConcurrent: 1, weight: 2 })));
    leaving.abort();
    expect(await left).toBe("left");
    expect(await answers[0]).toStartWith("429 ");
    expect(rig.inference.health().waiting).toEqual({ tiny: 0 });
    open();
  });

  test("a shorter queue holds for who comes now, and refuses nobody who waits", async () => {
    const { reload, answers, a, open, rig } = await waiting(3);
    const one = oneModel(at(a, { maxConcurrent: 1 }));
    await reload(one, { queue: { size: 1, timeout: 30_000 } });
    expect((await rig.chat()).status).toBe(429);
    open();
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 3 }, () => '200 {"name":"a"}'));
  });
});

test("a hundred streams and twenty reloads: each stream comes to its end, and every server that nobody names is let go", async () => {
  const servers = await Promise.all(["a", "b", "c"].map(server));
  for (const one of servers) one.behave = stream({ tokens: 10, everyMs: 30 });
  const pick = (i: number) => oneModel(...servers.filter((_, at) => at !== i % 3).map((one) => at(one)));
  const { rig, reload } = rigWith(pick(0));
  const texts: Promise<string>[] = [];
  for (let i = 1; i <= 20; i++) {
    for (let n = 0; n < 5; n++) texts.push(rig.chat({ stream: true }).then((response) => response.text()));
    await turn();
    await reload(pick(i));
  }
  const ends = (await Promise.all(texts)).map((text) => text.endsWith("data: [DONE]\n\n") && !text.includes("error"));
  expect(ends.filter((whole) => !whole)).toEqual([]);
  expect(rig.opened.length - rig.closed.length).toBe(2);
  expect(rig.inference.health().backends.map(({ inflight }) => inflight)).toEqual([0, 0]);
});
