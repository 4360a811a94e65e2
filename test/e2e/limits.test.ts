// Limits through the compiled node: on a caller, on the queue, and on who reads the admin listener.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Behaviour, drop, hang, healthy, json, stream } from "../fakes/model-server.ts";
import { startNode } from "./node.ts";
import { until } from "./until.ts";
import { CHAT, chatBody, openWorld, outcome, type SendOptions, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld({
    config: { proxy: { idleTimeout: "1s" }, queue: { size: 1, timeout: "1s" } },
    models: (url) => ({
      models: [
        { id: "tiny", backends: [{ url }] },
        { id: "narrow", backends: [{ url, maxConcurrent: 1 }] },
      ],
    }),
  });
});
afterAll(() => world.close());

/** The same home again, with other settings. */
async function restartWith(env: Record<string, string>): Promise<void> {
  await world.node.stop();
  world.node = await startNode(world.home, { env });
  await world.node.ready();
}

function play(behaviour: Behaviour): void {
  world.model.behave = (received, response) => (received.method === "GET" ? healthy : behaviour)(received, response);
}

const streamed = chatBody({ stream: true });
const narrow = chatBody({ model: "narrow" });
const scheduler: SendOptions = { as: "scheduler" };

/** The outcome of a small request; it says which seconds a refusal asks to wait. */
async function ask(options: SendOptions = {}): Promise<{ got: string; retryAfter: number }> {
  const response = await world.send("/v1/models", "", { ...options, method: "GET" });
  return { got: await outcome(response), retryAfter: Number(response.headers.get("retry-after") ?? Number.NaN) };
}

async function metric(line: string): Promise<number> {
  const text = await (await fetch(`${world.node.admin}/metrics`)).text();
  return Number(
    text
      .split("\n")
      .find((one) => one.startsWith(`${line} `))
      ?.slice(line.length + 1) ?? 0,
  );
}
const waiting = () => metric(`fxn_inference_queue_depth{model="narrow"}`);

/** A request that the caller may leave; it is under way when this resolves. */
async function begin(body: unknown, options: SendOptions = {}) {
  const before = world.model.calls.length;
  const abort = new AbortController();
  const answer = world.send(CHAT, body, { ...options, signal: abort.signal });
  const text = answer.then((response) => response.text()).catch(() => "left");
  await until(() => world.model.calls.length > before);
  return { abort, text };
}

describe("limits.concurrent", () => {
  beforeAll(() => restartWith({ FXN_LIMITS_CONCURRENT: "1" }));

  /** What is under way takes the one place; when it has ended the place is free again. */
  async function takesAndGivesBack(end: () => unknown): Promise<void> {
    expect(await ask()).toEqual({ got: "429 too_many_concurrent", retryAfter: 1 });
    expect((await ask(scheduler)).got).toBe("200");
    await end();
    await until(async () => (await ask()).got === "200");
  }

  test("an answer that ends well, whole or streamed", async () => {
    for (const [body, answer] of [
      [chatBody(), json({ ok: true })],
      [streamed, stream()],
    ] as const) {
      const gate = Promise.withResolvers<void>();
      play(async (received, response) => {
        await gate.promise;
        await answer(received, response);
      });
      const { text } = await begin(body);
      await takesAndGivesBack(async () => {
        gate.resolve();
        expect(await text).toMatch(/"ok":true|\[DONE\]/);
      });
    }
  });

  test("the model server's error, no answer at all, and a stream that it cuts", async () => {
    for (const [body, answer] of [
      [chatBody(), json({ error: { message: "no" } }, 500)],
      [streamed, drop()],
      [streamed, stream({ tokens: 2, end: "cut" })],
    ] as const) {
      const gate = Promise.withResolvers<void>();
      play(async (received, response) => {
        await gate.promise;
        await answer(received, response);
      });
      const { text } = await begin(body);
      await takesAndGivesBack(async () => {
        gate.resolve();
        expect(await text).toContain(`"error"`);
      });
    }
  });

  test("a caller that leaves: before the first token of either kind, and in mid-stream", async () => {
    for (const [body, answer] of [
      [chatBody(), hang()],
      [streamed, hang()],
      [streamed, stream({ tokens: 3, end: "hang" })],
    ] as const) {
      play(answer);
      const { abort, text } = await begin(body);
      await takesAndGivesBack(async () => {
        abort.abort();
        expect(await text).toBe("left");
      });
    }
  });

  test("a caller that leaves the queue", async () => {
    play(hang());
    const busy = await begin(narrow, scheduler);
    const abort = new AbortController();
    const queued = world.send(CHAT, narrow, { signal: abort.signal }).catch(() => "left");
    await until(async () => (await waiting()) === 1);
    expect(await ask()).toEqual({ got: "429 too_many_concurrent", retryAfter: 1 });
    abort.abort();
    await queued;
    await until(async () => (await ask()).got === "200");
    expect(await waiting()).toBe(0);
    busy.abort.abort();
    await busy.text;
  });

  test("what never reaches a model server", async () => {
    const challenge = { type: "IDENTITY", payload: {} };
    for (const [path, body, options, expected] of [
      [CHAT, chatBody({ model: "nope" }), {}, "404 model_not_found"],
      ["/v1/audio/speech", chatBody(), {}, "404 route_not_found"],
      [CHAT, "{", {}, "400 invalid_body"],
      ["/v1/models/nope", "", { method: "GET" }, "404 model_not_found"],
      ["/challenge", challenge, scheduler, "200"],
      ["/challenge", { type: "NOPE" }, scheduler, "400 challenge_unknown"],
    ] as const) {
      // Twice: a place that was kept would be missed at the second.
      for (let i = 0; i < 2; i++) expect(await outcome(await world.send(path, body, options))).toBe(expected);
    }
  });
});

describe("limits.requestsPerMinute", () => {
  test("holds whatever came of them, for one caller, and refills", async () => {
    await restartWith({ FXN_LIMITS_REQUESTS_PER_MINUTE: "60" });
    play(json({ error: { message: "no" } }, 500));
    const paths = [CHAT, "/v1/models", "/v1/models/nope"];
    const answers = await Promise.all(
      Array.from({ length: 80 }, (_, i) => world.send(paths[i % 3] ?? CHAT, chatBody())),
    );
    const refused = answers.filter(({ status }) => status === 429);
    // One more place a second opens while they come.
    expect(answers.length - refused.length).toBeWithin(60, 64);
    for (const answer of refused) {
      expect(answer.headers.get("retry-after")).toBe("1");
      expect(await outcome(answer)).toBe("429 rate_limited");
    }
    expect((await ask(scheduler)).got).toBe("200");
    await Bun.sleep(1100);
    expect((await ask()).got).toBe("200");
  });
});

describe("limits.tokensPerMinute", () => {
  const PER_MINUTE = 6000;
  const SOME = 250;
  beforeAll(() => restartWith({ FXN_LIMITS_TOKENS_PER_MINUTE: String(PER_MINUTE) }));

  /** The caller is in debt, and out of it after the time that the refusal says. */
  async function owesThenPays(): Promise<void> {
    await until(async () => (await ask()).got === "429 tokens_limited", 500);
    const { retryAfter } = await ask();
    expect(retryAfter).toBeWithin(1, 5);
    expect((await ask(scheduler)).got).toBe("200");
    await Bun.sleep(retryAfter * 1000);
    expect((await ask()).got).toBe("200");
  }

  const usage = (tokens: number) => ({ prompt_tokens: tokens - 50, completion_tokens: 50, total_tokens: tokens });

  test("tokens are counted in every ending: told whole, told in a stream, cut, cancelled", async () => {
    play(json({ choices: [], usage: usage(PER_MINUTE + 100) }));
    await (await world.send(CHAT, chatBody())).text();
    await owesThenPays();

    play(stream({ tokens: 1, usage: usage(SOME) }));
    await (await world.send(CHAT, streamed)).text();
    await owesThenPays();

    play(stream({ tokens: SOME, end: "cut" }));
    expect(await (await world.send(CHAT, streamed)).text()).toContain("backend_stream_cut");
    await owesThenPays();

    play(stream({ tokens: SOME, end: "hang" }));
    const abort = new AbortController();
    const response = await world.send(CHAT, streamed, { signal: abort.signal });
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes(`"t${SOME - 1}"`)) break;
    }
    abort.abort();
    await owesThenPays();
  }, 30_000);
});

describe("queue.size and queue.timeout", () => {
  test("one waits; one more is refused at once, and the one that waits when its time is over", async () => {
    await restartWith({});
    play(hang());
    const busy = await begin(narrow);
    const queued = world.send(CHAT, narrow);
    await until(async () => (await waiting()) === 1);
    const full = await world.send(CHAT, narrow, scheduler);
    expect(Number(full.headers.get("retry-after"))).toBeWithin(1, 61);
    expect(await outcome(full)).toBe("429 queue_full");
    const late = await queued;
    expect(Number(late.headers.get("retry-after"))).toBeWithin(1, 61);
    expect(await outcome(late)).toBe("429 queue_timeout");
    busy.abort.abort();
    await busy.text;
    play(json({ ok: true }));
    expect(await outcome(await world.send(CHAT, narrow))).toBe("200");
  });
});

describe("admin.allowedHosts", () => {
  const statusFor = async (host: string) => (await fetch(`${world.node.admin}/status`, { headers: { host } })).status;

  test("a name is let in when it is listed, and no other is", async () => {
    expect(await statusFor("node.lan")).toBe(403);
    await restartWith({ FXN_ADMIN_ALLOWED_HOSTS: "other.lan, Node.LAN" });
    expect([await statusFor("node.lan"), await statusFor("other.lan:9464"), await statusFor("127.0.0.1")]).toEqual([
      200, 200, 200,
    ]);
    expect([await statusFor("evil.example"), await statusFor("x.node.lan")]).toEqual([403, 403]);
  });
});
