// Payloads made to hurt, sent by a scheduler that has gone bad: each is refused by name, and the node serves on.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ask, commit, computePid, multiply, PRODUCT, prove, refusal } from "./matrix.ts";
import { until } from "./until.ts";
import { openWorld, type World } from "./world.ts";

const MB = 1024 * 1024;

let world: World;
let pid: number;
beforeAll(async () => {
  world = await openWorld({ config: { limits: { challengeBody: "64MB" } } });
  await multiply(world, { size: 8 });
  pid = computePid(world);
});
afterAll(async () => {
  await world.close();
});

const envelope = (payload: string) => `{"type":"${PRODUCT}","payload":${payload}}`;
const large = (text: string, around: (filling: string) => string) =>
  around(text.repeat(Math.ceil((2 * MB) / text.length)));

/** What is answered to this body, and the longest that anyone else waited for the node meanwhile. */
async function send(body: string): Promise<{ said: string; worstMs: number }> {
  let over = false;
  let worstMs = 0;
  const watching = (async () => {
    while (!over) {
      const begun = performance.now();
      await (await fetch(`${world.node.url}/health`)).text();
      worstMs = Math.max(worstMs, performance.now() - begun);
      await Bun.sleep(2);
    }
  })();
  const response = await world.send("/challenge", body, { as: "scheduler" });
  const said = await refusal(response);
  over = true;
  await watching;
  return { said, worstMs };
}

const HOSTILE: readonly (readonly [name: string, body: () => string, said: string])[] = [
  ["no JSON", () => "A = B", "400 invalid_body"],
  ["no object", () => "[]", "400 invalid_challenge"],
  ["no type", () => `{"payload":{}}`, "400 invalid_challenge"],
  ["null", () => "null", "400 invalid_challenge"],
  ["half a character", () => envelope(`{"size":"\ud800"}`), "400 challenge_payload"],
  ["nesting, small", () => envelope("[".repeat(10_000) + "]".repeat(10_000)), "400 challenge_payload"],
  ["nesting, large", () => large("[", (deep) => envelope(deep + "]".repeat(deep.length))), "400 "],
  ["nested objects, large", () => large(`{"A":`, (deep) => envelope(deep)), "400 invalid_body"],
  [
    "a number beyond all numbers",
    () => envelope(`{"A":[[1e999]],"B":[[1]]}`),
    "400 challenge_payload: payload.A.0.0: ",
  ],
  ["a product beyond all numbers", () => envelope(`{"A":[[1e200]],"B":[[1e200]]}`), "400 challenge_payload: payload: "],
  [
    "a sum that is no number",
    () => envelope(`{"A":[[1e200,1e200]],"B":[[1e200],[-1e200]]}`),
    "400 challenge_payload: payload: ",
  ],
  [
    "a float32 beyond its numbers",
    () => envelope(`{"A":[[1e39]],"B":[[1]],"precision":"float32"}`),
    "400 challenge_payload: payload: ",
  ],
  [
    "empty rows by the million",
    () => large("[],", (rows) => envelope(`{"A":[${rows}[]],"B":[[1]]}`)),
    "400 challenge_payload: payload.A: ",
  ],
  [
    "rows by the million",
    () => large("[1],", (rows) => envelope(`{"A":[${rows}[1]],"B":[[1]]}`)),
    "400 challenge_payload: payload.A: ",
  ],
  [
    "one row of a million",
    () => large("1,", (row) => envelope(`{"A":[[${row}1]],"B":[[1]]}`)),
    "400 challenge_payload: payload.A: ",
  ],
  ["spaces", () => " ".repeat(30 * MB), "400 invalid_body"],
  ["spaces before a challenge", () => " ".repeat(30 * MB) + envelope(`{"size":1}`), "200"],
  ["cut off", () => large("1,", (row) => envelope(`{"A":[[${row}`).slice(0, -1)), "400 invalid_body"],
  [
    "a long string",
    () => large("x", (text) => envelope(`{"backend":"${text}"}`)),
    "400 challenge_payload: payload.backend: ",
  ],
  ["a long key", () => large("x", (text) => envelope(`{"${text}":1}`)), "400 challenge_payload: payload.A: "],
  ["a long type", () => large("x", (text) => `{"type":"${text}"}`), "400 challenge_unknown: "],
  [
    "another challenge, large",
    () => large("x", (text) => `{"type":"ENDPOINT_REACHABLE","payload":"${text}"}`),
    "400 challenge_payload: payload: ",
  ],
  ["many keys", () => large(`"k":1,`, (keys) => envelope(`{${keys}"size":1}`)), "200"],
  ["a key twice: the last one counts, as in Go", () => envelope(`{"size":5000,"size":1}`), "200"],
  ["__proto__", () => envelope(`{"__proto__":{"size":8},"constructor":1}`), "400 challenge_payload: payload.A: "],
  ["a type by prototype", () => `{"type":"__proto__","payload":{}}`, "400 challenge_unknown"],
  ["a size in words", () => envelope(`{"size":"4096"}`), "400 challenge_payload: payload.size: "],
  ["a size below zero", () => envelope(`{"size":-1}`), "400 challenge_payload: payload.size: "],
  ["no size", () => envelope(`{"size":0}`), "400 challenge_payload: payload.size: "],
  ["half a size", () => envelope(`{"size":0.5}`), "400 challenge_payload: payload.size: "],
  ["a size that is too large", () => envelope(`{"size":4097}`), "400 challenge_payload: payload.size: "],
  ["a size beyond integers", () => envelope(`{"size":1e308}`), "400 challenge_payload: payload.size: "],
  ["nothing", () => envelope(`{"A":[],"B":[]}`), "400 challenge_payload: payload.A: "],
  ["null rows", () => envelope(`{"A":[null],"B":[[1]]}`), "400 challenge_payload: payload.A: "],
];

describe("attack: a hostile payload", () => {
  for (const [name, body, said] of HOSTILE) {
    test(`${name}: ${said}`, async () => {
      const answer = await send(body());
      expect(answer.said).toStartWith(said);
      expect(answer.said.length).toBeLessThan(300);
      expect(answer.worstMs).toBeLessThan(1000);
    });
  }

  test("more than a body may have is 413 before it is read", async () => {
    expect((await send(" ".repeat(64 * MB + 1))).said).toStartWith("413 body_too_large");
  });

  test("proofs at the borders: what fits is proven, what needs too much memory is refused", async () => {
    expect((await prove(world, { m: 1, k: 262_144, n: 1 })).fault).toBeUndefined();
    expect((await prove(world, { m: 1, k: 1, n: 32_768 })).fault).toBeUndefined();
    expect((await prove(world, { m: 32_768, k: 1, n: 1 }, 256)).fault).toBeUndefined();
    // B alone would be 8 GB.
    const { response } = await commit(world, { m: 1, k: 262_144, n: 32_768 });
    expect(await refusal(response)).toStartWith("400 engine_memory: payload: the product needs ");
  });

  test("two at once: one is answered, the other is told to come back", async () => {
    const both = await Promise.all([ask(world, PRODUCT, { size: 1024 }), ask(world, PRODUCT, { size: 1024 })]);
    const said = (await Promise.all(both.map(refusal))).sort();
    expect(said[0]).toBe("200");
    expect(said[1]).toStartWith("429 challenge_busy: ");
    expect(both.find(({ status }) => status === 429)?.headers.get("retry-after")).toMatch(/^\d+$/);
  });

  test("many large bodies at once, whose senders go away: nothing is left behind", async () => {
    const body = large("[1],", (rows) => envelope(`{"A":[${rows}[1]],"B":[[1]]}`));
    const stop = new AbortController();
    const sent = Array.from({ length: 20 }, () =>
      world.send("/challenge", body, { as: "scheduler", signal: stop.signal }).catch(() => undefined),
    );
    await Bun.sleep(20);
    stop.abort();
    await Promise.all(sent);
    await until(async () => (await ask(world, PRODUCT, { size: 1 })).status === 200);
  });

  test("through all of this it was one and the same process that computed", () => {
    expect(computePid(world)).toBe(pid);
    expect(
      world.node
        .log()
        .split("\n")
        .filter((line) => line.includes(`"level":"error"`)),
    ).toEqual([]);
  });
});
