// Several model servers end to end: when another is asked, when not, who is left out and who comes back.
import { afterEach, describe, expect, test } from "bun:test";
import { backend, InferenceRig, oneModel, type Settings } from "../../test/fakes/inference-rig.ts";
import {
  after,
  type Behaviour,
  drop,
  hang,
  healthy,
  json,
  ModelServer,
  stream,
} from "../../test/fakes/model-server.ts";
import type { ServerConfig } from "../config/models-schema.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

/** One model, a server for each behaviour; the first is asked first. */
async function start(behaviours: Behaviour[], settings: Settings = {}, more: Partial<ServerConfig> = {}) {
  const servers = await Promise.all(behaviours.map((behave) => ModelServer.start(behave)));
  // Weights make the order of equally idle servers certain.
  const backends = servers.map(({ url }, i) => backend(url, { weight: 1000 / (i + 1), ...more }));
  const rig = new InferenceRig(oneModel(...backends), settings);
  cleanups.push(() => rig.stop(), ...servers.map((server) => () => server.stop()));
  return { servers, rig, asked: () => servers.map(({ calls }) => calls.length) };
}

const codeOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string } };
  return [response.status, error.code];
};

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe("another server is asked, before the first byte", () => {
  const failures: Record<string, Behaviour> = {
    "one that drops the connection": drop(),
    "one that does not begin in time": hang(),
    "502": json({}, 502),
    "503": json({}, 503),
    "504": json({}, 504),
    "429": json({}, 429),
  };
  for (const [name, behave] of Object.entries(failures)) {
    test(name, async () => {
      const { servers, rig, asked } = await start([behave, healthy], { proxy: { firstByteTimeout: 80 } });
      expect((await rig.chat()).status).toBe(200);
      expect(asked()).toEqual([1, 1]);
      expect(rig.ledger.rows).toMatchObject([{ backend: servers[1]?.url, outcome: "ok" }]);
      expect(await rig.metric("fxn_backend_retries_total", { backend: servers[0]?.url ?? "" })).toBe(1);
      expect(await rig.metric("fxn_backend_inflight", { backend: servers[0]?.url ?? "" })).toBe(0);
    });
  }

  test("nobody there", async () => {
    const { servers, rig } = await start([healthy, healthy]);
    servers[0]?.stop();
    expect((await rig.chat()).status).toBe(200);
  });

  test("each at most once, three at most", async () => {
    const { rig, asked } = await start([drop(), drop(), drop(), healthy]);
    expect(await codeOf(await rig.chat())).toEqual([502, "backend_unreachable"]);
    expect(asked()).toEqual([1, 1, 1, 0]);
    expect(rig.ledger.rows).toMatchObject([{ outcome: "error", status: 502 }]);
  });

  test("each gets its own model name and credential", async () => {
    const servers = [await ModelServer.start(drop()), await ModelServer.start()];
    const rig = new InferenceRig(
      oneModel(...servers.map(({ url }, i) => backend(url, { model: `name-${i}`, weight: 9 - i }))),
    );
    cleanups.push(() => rig.stop(), ...servers.map((server) => () => server.stop()));
    await rig.chat();
    expect(servers.map(({ calls }) => JSON.parse(calls[0]?.body.toString() ?? "").model)).toEqual(["name-0", "name-1"]);
  });

  test("also while the caller gets heartbeats: they are no part of an answer", async () => {
    const { rig, asked } = await start([after(100, drop()), stream()], { proxy: { heartbeatInterval: 30 } });
    const text = await (await rig.chat({ stream: true })).text();
    expect(text).toStartWith(": heartbeat\n\n");
    expect(text).toEndWith("data: [DONE]\n\n");
    expect(asked()).toEqual([1, 1]);
  });
});

describe("no other server is asked", () => {
  test("once a byte of an answer has come", async () => {
    const { rig, asked } = await start([stream({ tokens: 1, end: "cut" }), healthy]);
    expect(await (await rig.chat({ stream: true })).text()).toContain("backend_stream_cut");
    expect(asked()).toEqual([1, 0]);
  });

  for (const status of [400, 401, 404, 422, 500]) {
    test(`for ${status}`, async () => {
      const { rig, asked } = await start([json({}, status), healthy]);
      expect((await rig.chat()).status).toBe(status);
      expect(asked()).toEqual([1, 0]);
    });
  }

  test("when there is none: its answer comes back as it is", async () => {
    const { rig } = await start([json({ error: { message: "own words" } }, 503, { "retry-after": "4" })]);
    const response = await rig.chat();
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "4"]);
    expect(await response.text()).toContain("own words");
  });

  test("when the caller has left", async () => {
    const { rig, asked } = await start([hang(), healthy]);
    const abort = new AbortController();
    const response = rig.chat({}, { signal: abort.signal }).catch(() => {});
    await sleep(50);
    abort.abort();
    await response;
    await sleep(50);
    expect(asked()).toEqual([1, 0]);
    expect(rig.ledger.rows).toMatchObject([{ outcome: "cancelled" }]);
  });
});

describe("errors", () => {
  test("nobody there: 502, with neither address nor port of the server", async () => {
    const { servers, rig } = await start([healthy]);
    servers[0]?.stop();
    const response = await rig.chat();
    const text = await response.clone().text();
    expect(await codeOf(response)).toEqual([502, "backend_unreachable"]);
    expect(text).not.toContain("127.0.0.1");
  });

  test("silence: 504; not HTTP: 502", async () => {
    const silent = await start([hang()], { proxy: { firstByteTimeout: 50 } });
    expect(await codeOf(await silent.rig.chat())).toEqual([504, "backend_timeout"]);
    const nonsense = await start([(_received, response) => void response.socket?.end("SSH-2.0\r\n\r\n")]);
    expect(await codeOf(await nonsense.rig.chat())).toEqual([502, "backend_bad_response"]);
  });
});

describe("leaving out and taking back", () => {
  test("after three failures it is not asked; after its time one request tries it", async () => {
    const { servers, rig, asked } = await start([drop(), drop()], { health: { ejection: 150 } });
    for (let i = 0; i < 3; i++) expect(await codeOf(await rig.chat())).toEqual([502, "backend_unreachable"]);
    const refused = await rig.chat();
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await codeOf(refused)).toEqual([502, "no_backend_available"]);
    expect(asked()).toEqual([3, 3]);
    expect(await rig.metric("fxn_backend_up")).toBe(0);
    expect(rig.inference.health()).toMatchObject({ ready: false, backends: [{ state: "open" }, { state: "open" }] });
    await sleep(160);
    for (const server of servers) server.behave = after(50, healthy);
    const answers = await Promise.all(Array.from({ length: 10 }, async () => (await rig.chat()).status));
    expect(answers.filter((status) => status === 200).length).toBe(2);
    expect(asked()).toEqual([4, 4]);
    expect((await rig.chat()).status).toBe(200);
    expect(rig.inference.health()).toMatchObject({
      ready: true,
      backends: [{ state: "closed", models: ["tiny"] }, {}],
    });
  });

  test("the only server is asked each time, and serves at once when it is back", async () => {
    const { servers, rig, asked } = await start([drop()], { health: { ejection: 60_000 } });
    for (let i = 0; i < 5; i++) expect(await codeOf(await rig.chat())).toEqual([502, "backend_unreachable"]);
    expect(asked()).toEqual([5]);
    expect(rig.inference.health().ready).toBeFalse();
    if (servers[0]) servers[0].behave = healthy;
    expect((await rig.chat()).status).toBe(200);
    expect(rig.inference.health().ready).toBeTrue();
  });

  test("one that cuts its streams is left out too", async () => {
    const { rig, asked } = await start([stream({ end: "cut" }), stream()]);
    for (let i = 0; i < 3; i++) await (await rig.chat({ stream: true })).text();
    expect(await (await rig.chat({ stream: true })).text()).toEndWith("data: [DONE]\n\n");
    expect(asked()).toEqual([3, 1]);
  });

  test("the prober takes it back with no request", async () => {
    const { servers, rig } = await start([json({}, 500)], { health: { interval: 30, ejection: 30 } });
    const abort = new AbortController();
    const running = rig.inference.run(abort.signal);
    const state = () => rig.inference.health().backends[0]?.state;
    while (state() !== "open") await sleep(5);
    if (servers[0]) servers[0].behave = healthy;
    while (state() !== "closed") await sleep(5);
    abort.abort();
    await running;
    expect(servers[0]?.calls.length).toBe(0);
  });

  test("models that share a server share its places", async () => {
    const server = await ModelServer.start(after(60, healthy));
    const models = ["a", "b"].map((id) => ({ id, aliases: [], backends: [backend(server.url, { maxConcurrent: 1 })] }));
    const rig = new InferenceRig({ catchAll: false, models });
    cleanups.push(
      () => rig.stop(),
      () => server.stop(),
    );
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, rig.inference.health().backends[0]?.inflight ?? 0);
    }, 5);
    const answers = await Promise.all(["a", "b", "a", "b"].map((model) => rig.chat({ model })));
    clearInterval(watch);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(most).toBe(1);
  });

  test("models that share a server share its health", async () => {
    const servers = [await ModelServer.start(drop()), await ModelServer.start(drop())];
    const backends = servers.map(({ url }) => backend(url));
    const models = ["a", "b"].map((id) => ({ id, aliases: [], backends }));
    const rig = new InferenceRig({ catchAll: false, models });
    cleanups.push(() => rig.stop(), ...servers.map((server) => () => server.stop()));
    for (let i = 0; i < 3; i++) await rig.chat({ model: "a" });
    expect(await codeOf(await rig.chat({ model: "b" }))).toEqual([502, "no_backend_available"]);
  });
});

describe("the queue", () => {
  test("a full one: 429 with Retry-After; a caller that leaves it is never sent", async () => {
    const { servers, rig, asked } = await start([hang()], { queue: { size: 1 } }, { maxConcurrent: 1 });
    const [first, second] = [new AbortController(), new AbortController()];
    const gone = [first, second].map((abort) => rig.chat({}, { signal: abort.signal }).catch(() => {}));
    while (rig.inference.health().waiting.tiny !== 1) await sleep(2);
    const refused = await rig.chat();
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(await codeOf(refused)).toEqual([429, "queue_full"]);
    second.abort();
    while (rig.inference.health().waiting.tiny !== 0) await sleep(2);
    if (servers[0]) servers[0].behave = healthy;
    first.abort();
    await Promise.all(gone);
    expect((await rig.chat()).status).toBe(200);
    expect(asked()).toEqual([2]);
    expect(rig.ledger.rows.map(({ outcome }) => outcome)).toEqual(["cancelled", "ok"]);
    expect(rig.ended).toBe(4);
  });

  test("keeps the limit of a server, and serves all that wait", async () => {
    let now = 0;
    let most = 0;
    const count: Behaviour = async (received, response) => {
      most = Math.max(most, ++now);
      await sleep(10);
      now--;
      await healthy(received, response);
    };
    const { rig } = await start([count], {}, { maxConcurrent: 3 });
    const answers = await Promise.all(Array.from({ length: 30 }, async () => (await rig.chat()).status));
    expect([most, answers.filter((status) => status === 200).length]).toEqual([3, 30]);
    expect(await rig.metric("fxn_inference_queue_depth")).toBe(0);
  });
});
