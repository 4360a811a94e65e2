// Streams that run are counted apart from requests, and each of them until its end, however it ends.
import { afterEach, expect, test } from "bun:test";
import { until } from "../../test/e2e/until.ts";
import { backend, InferenceRig, oneModel, type Settings } from "../../test/fakes/inference-rig.ts";
import { after, type Behaviour, drop, hang, json, ModelServer, stream } from "../../test/fakes/model-server.ts";
import { Turnstile } from "../../test/fakes/turnstile.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

async function start(behave: Behaviour, settings: Settings = {}, places = 100) {
  const server = await ModelServer.start(behave);
  const rig = new InferenceRig(oneModel(backend(server.url, { maxConcurrent: places })), settings);
  cleanups.push(
    () => rig.stop(),
    () => server.stop(),
  );
  /** As they are told to those who watch, and to those who scrape. */
  const streams = async () => [rig.inference.health().streams, (await rig.metric("fxn_inference_streams")) ?? 0];
  const run = (count: number) => until(async () => (await streams()).every((told) => told === count));
  return { server, rig, streams, run };
}

test("a stream counts from when its model server is asked until its end; a plain request never does", async () => {
  const pace = new Turnstile();
  const { server, rig, streams, run } = await start((received, response) =>
    received.body.includes('"stream":true')
      ? stream({ tokens: 1, pace: () => pace.pass() })(received, response)
      : hang()(received, response),
  );
  const left = new AbortController();
  const plain = rig.chat({}, { signal: left.signal }).catch(() => {});
  const streamed = [rig.chat({ stream: true }), rig.chat({ stream: true })].map(async (one) => (await one).text());
  await run(2);
  await until(() => server.received.length === 3);
  expect(rig.inference.health().backends.map(({ inflight }) => inflight)).toEqual([3]);
  pace.open();
  await Promise.race(streamed);
  await run(1);
  pace.open();
  await Promise.all(streamed);
  left.abort();
  await plain;
  expect(await streams()).toEqual([0, 0]);
});

test("one that has no place yet waits, and is no stream", async () => {
  const pace = new Turnstile();
  const { rig, run } = await start(stream({ tokens: 1, pace: () => pace.pass() }), {}, 1);
  const answers = [rig.chat({ stream: true }), rig.chat({ stream: true })].map(async (one) => (await one).text());
  await until(() => rig.inference.health().waiting.tiny === 1);
  await run(1);
  pace.open();
  await Promise.race(answers);
  await run(1);
  pace.open();
  await Promise.all(answers);
  await run(0);
});

const soon = { proxy: { heartbeatInterval: 20 } };
const ENDS: Readonly<Record<string, [Behaviour, Settings]>> = {
  "that is whole": [stream(), {}],
  "that is cut": [stream({ end: "cut" }), {}],
  "that is reset": [stream({ end: "reset" }), {}],
  "that is refused": [json({ error: { message: "no" } }, 400), {}],
  "that never begins": [drop(), {}],
  "that is refused late": [after(100, json({ error: { message: "no" } }, 500)), soon],
  "that is answered in one piece": [json({ ok: true }), {}],
};
for (const [name, [behave, settings]] of Object.entries(ENDS)) {
  test(`a stream ${name} is counted no more afterwards`, async () => {
    const { rig, run } = await start(behave, settings);
    await Promise.all([1, 2, 3].map(async () => (await rig.chat({ stream: true })).text()));
    await run(0);
  });
}

for (const [name, behave] of [
  ["before its first token", hang()],
  ["in its midst", stream({ end: "hang" })],
] as const) {
  test(`a stream whose caller leaves ${name} is counted no more`, async () => {
    const { rig, run } = await start(behave);
    const left = new AbortController();
    const answer = rig.chat({ stream: true }, { signal: left.signal }).then((response) => response.text());
    answer.catch(() => {});
    await run(1);
    left.abort();
    await run(0);
  });
}

test("an answer that comes as events though nobody asked for a stream is one", async () => {
  const pace = new Turnstile();
  const { rig, run } = await start(stream({ tokens: 1, pace: () => pace.pass() }));
  const answer = rig.chat().then((response) => response.text());
  await run(1);
  pace.open();
  await answer;
  await run(0);
});
