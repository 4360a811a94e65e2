import { afterEach, describe, expect, test } from "bun:test";
import { Registry } from "prom-client";
import { AUTHORITY, CERTIFICATE, CERTIFICATE_KEY } from "../../test/fakes/certificate.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { rawHttp } from "../../test/fakes/raw-http.ts";
import { systemClock } from "../core/clock.ts";
import { FxnError } from "../core/errors.ts";
import type { HttpCall, Route } from "../core/network.ts";
import { trustedBy } from "../lib/client-address.ts";
import type { TlsTexts } from "../lib/tls-files.ts";
import { httpMetrics } from "../observe/metrics/http.ts";
import { BodyBudget } from "./body.ts";
import { type Listener, listen } from "./listen.ts";
import { createPublicApp } from "./public-app.ts";

const MAX = 1000;
const HEAD = "POST /v1/echo HTTP/1.1\r\nHost: node\r\n";
let listener: Listener | undefined;

afterEach(async () => {
  await listener?.stop();
  listener = undefined;
});

function start(
  options: {
    handle?: Route["handle"];
    bufferedBodies?: number;
    draining?: boolean;
    ready?: boolean;
    proxies?: readonly string[];
    tls?: TlsTexts;
  } = {},
) {
  const log = new FakeLog();
  const register = new Registry();
  const echo = async (call: HttpCall) => new Response(await call.body());
  const handle = options.handle ?? echo;
  const metrics = httpMetrics(register);
  const bodies = new BodyBudget(options.bufferedBodies ?? 1e6, (held) => metrics.bufferedBytes.set({}, held));
  const app = createPublicApp({
    routes: [
      { method: "POST", path: "/v1/*", maxBody: MAX, handle },
      { method: "GET", path: "/v1/*", maxBody: MAX, handle },
    ],
    ready: () => options.ready ?? true,
    draining: () => options.draining ?? false,
    limits: { bodies, bodyTimeout: 300 },
    isProxy: trustedBy(options.proxies ?? []),
    clock: systemClock,
    log,
    metrics,
  });
  listener = listen({ host: "127.0.0.1", port: 0, tls: options.tls }, app);
  return { url: `${options.tls ? "https" : "http"}://127.0.0.1:${listener.port}`, port: listener.port, log, register };
}

const chunked = (...chunks: string[]) => chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
const status = (answer: { text: string }) => Number(answer.text.split(" ")[1]);

describe("bodies", () => {
  test("a body arrives whole, by length or chunked, up to the limit", async () => {
    const { url, port } = start();
    const full = "x".repeat(MAX);
    expect(await (await fetch(`${url}/v1/echo`, { method: "POST", body: full })).text()).toBe(full);
    const answer = await rawHttp(
      port,
      [`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, chunked("ab", "c"), 20, "0\r\n\r\n"],
      100,
    );
    expect(answer.text).toEndWith("abc");
  });

  test("a body is seen part by part as it arrives, in order and nothing twice", async () => {
    const parts: string[] = [];
    const decoder = new TextDecoder();
    const handle = async (call: HttpCall) => new Response(await call.body((part) => parts.push(decoder.decode(part))));
    const { port } = start({ handle });
    const sent = [`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, chunked("ab"), 30, chunked("cd"), 30, chunked("ef")];
    expect((await rawHttp(port, [...sent, chunked("")], 100)).text).toEndWith("abcdef");
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.join("")).toBe("abcdef");
  });

  test("oversized body: refused by its Content-Length before it is read", async () => {
    const { port } = start();
    const answer = await rawHttp(port, [`${HEAD}Content-Length: ${MAX + 1}\r\n\r\n`], 300);
    expect(status(answer)).toBe(413);
    expect(answer.text).toContain(`"code":"body_too_large"`);
  });

  test("oversized chunked body: refused as soon as the count passes the limit, without its end", async () => {
    const { port } = start();
    const answer = await rawHttp(
      port,
      [`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, chunked("x".repeat(MAX)), 20, chunked("y")],
      300,
    );
    expect(status(answer)).toBe(413);
  });

  test("slow body: a trickle that never goes idle still meets its deadline", async () => {
    const { port } = start();
    const trickle = Array.from({ length: 12 }, () => ["z", 50]).flat();
    const answer = await rawHttp(port, [`${HEAD}Content-Length: 500\r\n\r\n`, ...trickle], 300);
    expect(status(answer)).toBe(408);
    expect(answer.text).toContain(`"code":"body_timeout"`);
  });

  test("memory: when bodies do not fit, the one that has been arriving for longest is given up, and all is given back", async () => {
    const { port, url, register } = start({ bufferedBodies: 800 });
    const trickle = rawHttp(port, [`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, chunked("x".repeat(500))], 250);
    await Bun.sleep(50);
    expect(await register.metrics()).toContain("fxn_http_buffered_body_bytes 500");
    expect((await fetch(`${url}/v1/echo`, { method: "POST", body: "x".repeat(700) })).status).toBe(200);
    expect(status(await trickle)).toBe(503);
    expect(await register.metrics()).toContain("fxn_http_buffered_body_bytes 0");
  });

  test("memory: a small body counts whole from its first byte, and is given up like any other", async () => {
    const { port, url, register } = start({ bufferedBodies: 800 });
    const trickle = rawHttp(port, [`${HEAD}Content-Length: 600\r\n\r\n`, "x"], 250);
    await Bun.sleep(50);
    expect(await register.metrics()).toContain("fxn_http_buffered_body_bytes 600");
    expect((await fetch(`${url}/v1/echo`, { method: "POST", body: "x".repeat(700) })).status).toBe(200);
    expect(status(await trickle)).toBe(503);
    expect(await register.metrics()).toContain("fxn_http_buffered_body_bytes 0");
  });

  test("cut body: a small one that ends early is given up, and nothing is held", async () => {
    const { port, register } = start();
    await rawHttp(port, [`${HEAD}Content-Length: 500\r\n\r\n`, "x".repeat(100)], 20);
    for (let i = 0; i < 100 && !(await register.metrics()).includes('code="400"'); i++) await Bun.sleep(5);
    expect(await register.metrics()).toContain('fxn_http_requests_total{route="/v1/*",code="400"} 1');
    expect(await register.metrics()).toContain("fxn_http_buffered_body_bytes 0");
  });

  test("memory: a body that fits into nothing is refused", async () => {
    const { url } = start({ bufferedBodies: 800 });
    const answer = await fetch(`${url}/v1/echo`, { method: "POST", body: "x".repeat(900) });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
  });

  test("memory: a body counts until its answer has ended", async () => {
    const ended = Promise.withResolvers<void>();
    const { url, register } = start({
      handle: async (call) => {
        const end = call.holdOpen();
        await call.body();
        void ended.promise.then(end);
        return new Response("headers are out");
      },
    });
    await (await fetch(`${url}/v1/echo`, { method: "POST", body: "x".repeat(700) })).text();
    expect(await register.metrics()).toContain("fxn_http_buffered_body_bytes 700");
    ended.resolve();
    await Bun.sleep(1);
    expect(await register.metrics()).toContain("fxn_http_buffered_body_bytes 0");
  });

  test("an odd Host is no fault of ours: the route is found, nothing is logged as an error", async () => {
    for (const host of ["x:99999", "[", "%zz", "a b", "user@h", "x?"]) {
      const { port, log } = start();
      const answer = await rawHttp(
        port,
        [
          `POST /v1/echo HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 2\r\n\r\nhi`,
          30,
          `GET /nope HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
        ],
        60,
      );
      expect([host, answer.text.includes(" 500 ")]).toEqual([host, false]);
      expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
      await listener?.stop();
    }
  });

  test("HEAD is no GET: it reaches no handler", async () => {
    const { url, log } = start({ handle: async () => new Response("reached") });
    expect((await fetch(`${url}/v1/x`, { method: "HEAD" })).status).toBe(404);
    expect(log.lines.filter(({ fields }) => fields.status === 200)).toEqual([]);
  });

  test("endless body: an answer that does not wait for it closes the connection", async () => {
    const { port } = start({ handle: async () => new Response("early") });
    const answer = await rawHttp(port, [`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, chunked("x".repeat(100))], 500);
    expect(answer.text).toEndWith("early");
    expect(answer.closed).toBeTrue();
  });

  test("a body that is not read is no obstacle to the answer", async () => {
    const { url } = start({ handle: async () => new Response("early") });
    expect(await (await fetch(`${url}/v1/echo`, { method: "POST", body: "x".repeat(500) })).text()).toBe("early");
  });
});

describe("request smuggling: a length that two readers could see differently is refused", () => {
  const attacks: Record<string, string> = {
    "Content-Length and Transfer-Encoding": "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding first": "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nX",
    "unknown coding": "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two codings": "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "two Transfer-Encodings": "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "space before the colon": "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "two lengths": "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
    "signed length": "Content-Length: +3\r\n\r\nabc",
    "negative length": "Content-Length: -3\r\n\r\nabc",
  };
  for (const [name, rest] of Object.entries(attacks)) {
    test(name, async () => {
      const { port, log } = start();
      const answer = await rawHttp(port, [HEAD + rest], 200);
      expect(status(answer)).toBe(400);
      expect(answer.closed).toBeTrue();
      expect(log.lines).toEqual([]);
    });
  }

  test("a broken chunk ends the connection, not in a second request", async () => {
    const { port } = start();
    const answer = await rawHttp(port, [`${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`], 300);
    expect(status(answer)).toBe(400);
    expect(answer.text.match(/HTTP\/1\.1/g)?.length).toBe(1);
  });
});

describe("answers", () => {
  test("health says alive, ready says 200 or 503 and no more", async () => {
    const up = start();
    expect(await (await fetch(`${up.url}/health`)).json()).toEqual({ status: "ok" });
    expect((await fetch(`${up.url}/ready`)).status).toBe(200);
    await listener?.stop();
    const down = await fetch(`${start({ ready: false }).url}/ready`);
    expect([down.status, await down.json()]).toEqual([503, { status: "not ready" }]);
  });

  test("an unknown URL is a JSON 404", async () => {
    const answer = await fetch(`${start().url}/metrics`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({
      error: { message: "Unknown request URL: GET /metrics", type: "invalid_request_error", code: "unknown_url" },
    });
  });

  test("over TLS the routes are the same, whatever the host", async () => {
    const { url } = start({ tls: { cert: CERTIFICATE, key: CERTIFICATE_KEY } });
    for (const host of ["node.example", "abc", "a"]) {
      const answer = await fetch(`${url}/v1/echo`, {
        ...{ method: "POST", body: host, headers: { host } },
        tls: { ca: AUTHORITY, checkServerIdentity: () => undefined },
      });
      expect([answer.status, await answer.text()]).toEqual([200, host]);
    }
  });

  test("who called is logged; what a header says of it counts only from a trusted proxy", async () => {
    const clientOf = async (headers: Record<string, string>, proxies: readonly string[]) => {
      const { url, log } = start({ proxies });
      await fetch(`${url}/v1/echo`, { method: "POST", body: "hi", headers });
      await listener?.stop();
      return log.lines.find(({ message }) => message === "request")?.fields.client;
    };
    const spoofed = { "x-forwarded-for": "198.51.100.1", forwarded: "for=198.51.100.2" };
    expect(await clientOf(spoofed, [])).toBe("127.0.0.1");
    expect(await clientOf(spoofed, ["10.0.0.0/8"])).toBe("127.0.0.1");
    expect(await clientOf(spoofed, ["127.0.0.0/8"])).toBe("198.51.100.1");
  });

  test("a host of one letter reaches the routes too", async () => {
    const { port } = start();
    const answer = await rawHttp(port, ["POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"], 100);
    expect(answer.text).toEndWith("hi");
  });

  test("a typed error is shown with its code and headers, its cause only in the log", async () => {
    const cause = new Error("canary-cause");
    const { url, log } = start({
      handle: () =>
        Promise.reject(new FxnError("broken", 502, "the server is gone", { cause, headers: { "Retry-After": "7" } })),
    });
    const answer = await fetch(`${url}/v1/x`);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([502, "7"]);
    expect(await answer.text()).toBe(
      `{"error":{"message":"the server is gone","type":"server_error","code":"broken"}}`,
    );
    expect(log.lines.some(({ fields }) => fields.cause === "canary-cause")).toBeTrue();
  });

  test("an error that nobody typed shows nothing of itself", async () => {
    const { url, log } = start({ handle: () => Promise.reject(new Error("canary-inside")) });
    const answer = await fetch(`${url}/v1/x`);
    expect(await answer.text()).toBe(
      `{"error":{"message":"internal error","type":"server_error","code":"internal_error"}}`,
    );
    expect(log.lines.some(({ fields }) => fields.error === "canary-inside")).toBeTrue();
  });

  test("each request has an id in its answer and in one access log line", async () => {
    const { url, log } = start();
    const answer = await fetch(`${url}/v1/echo?canary=query`, { method: "POST", body: "canary-body" });
    const lines = log.lines.filter(({ message }) => message === "request");
    expect(lines.length).toBe(1);
    expect(lines[0]?.fields).toMatchObject({
      id: answer.headers.get("x-request-id"),
      method: "POST",
      path: "/v1/echo",
      status: 200,
    });
    expect(JSON.stringify(log.lines)).not.toContain("canary");
  });

  test("while stopping, new work is refused with Retry-After and the connection is closed", async () => {
    const answer = await fetch(`${start({ draining: true }).url}/v1/echo`, { method: "POST", body: "x" });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
  });

  test("a caller that leaves aborts the call's signal", async () => {
    const left = Promise.withResolvers<void>();
    const { port } = start({
      handle: (call) => {
        call.signal.addEventListener("abort", () => left.resolve());
        return new Promise(() => {});
      },
    });
    await rawHttp(port, [`${HEAD}Content-Length: 2\r\n\r\nhi`], 50);
    await left.promise;
  });
});

describe("idle connections", () => {
  /** What the app tells the listener of the connection, and what else happens, in order. */
  function start(handle: Route["handle"]) {
    const events: string[] = [];
    const clock = new FakeClock();
    const app = createPublicApp({
      routes: [{ method: "GET", path: "/v1/*", maxBody: MAX, handle }],
      ready: () => true,
      draining: () => false,
      limits: { bodies: new BodyBudget(1, () => {}), bodyTimeout: 1 },
      isProxy: () => false,
      clock,
      log: new FakeLog(),
      metrics: httpMetrics(new Registry()),
    });
    const connection = { busy: () => events.push("busy"), idle: () => events.push("idle"), peer: () => undefined };
    return { clock, events, answer: app(new Request("http://node/v1/x"), connection) };
  }

  test("of an answer that ends soon the listener hears nothing", async () => {
    const { clock, events, answer } = start(async () => new Response("x"));
    await (await answer).text();
    await clock.advance(300_000);
    expect(events).toEqual([]);
  });

  test("one that takes long keeps its connection, before its headers or after them, until it has ended", async () => {
    const late = Promise.withResolvers<Response>();
    const before = start(() => late.promise);
    await before.clock.advance(31_000);
    expect(before.events).toEqual(["busy"]);
    late.resolve(new Response("x"));
    await (await before.answer).text();
    expect(before.events).toEqual(["busy", "idle"]);

    let end = () => {};
    const after = start(async (call) => {
      end = call.holdOpen();
      return new Response("x");
    });
    await (await after.answer).text();
    await after.clock.advance(31_000);
    expect(after.events).toEqual(["busy"]);
    end();
    expect(after.events).toEqual(["busy", "idle"]);
  });
});
