// The fetch that knows no other way than the proxy: answers, TLS, limits, and nothing at all without it.
import { afterAll, describe, expect, test } from "bun:test";
import { createServer as createTcpServer } from "node:net";
import { AUTHORITY, CERTIFICATE, CERTIFICATE_KEY } from "../../test/fakes/certificate.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { fakeSocksServer, type SocksServerOptions } from "../../test/fakes/socks-server.ts";
import { systemClock } from "../core/clock.ts";
import { FetchError, type FetchOptions } from "./fetch.ts";
import { createSocksFetch } from "./socks-fetch.ts";

const LIMITS = { timeoutMs: 10_000, maxBytes: 1000 };

const web = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const { pathname, host } = new URL(request.url);
    if (pathname === "/moved") return Response.redirect("http://elsewhere.example/", 302);
    if (pathname === "/large") return new Response("x".repeat(1001));
    if (pathname === "/gzip") return new Response(Bun.gzipSync("hello"), { headers: { "content-encoding": "gzip" } });
    if (pathname === "/pieces") return new Response(piecewise(), { headers: { "x-host": host } });
    const sent = `${request.method} ${host} ${request.headers.get("x-test")} ${await request.text()}`;
    return new Response(sent, { status: 201, headers: { "x-answer": "yes" } });
  },
});
const secure = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  tls: { cert: CERTIFICATE, key: CERTIFICATE_KEY },
  fetch: () => new Response("secret"),
});
afterAll(() => Promise.all([web.stop(true), secure.stop(true)]));

async function* piecewise() {
  for (const piece of ["one ", "two ", "three"]) {
    yield piece;
    await Bun.sleep(5);
  }
}

const places = {
  "plain.onion:80": web.port ?? 0,
  "good.example:443": secure.port ?? 0,
  "bad.example:443": secure.port ?? 0,
};
const openProxy = (more: Partial<SocksServerOptions> = {}) => fakeSocksServer({ places, ...more });
const through = (port: number) => createSocksFetch({ host: "127.0.0.1", port }, systemClock, { ca: AUTHORITY });
const text = ({ body }: { readonly body: Uint8Array }) => new TextDecoder().decode(body);

async function failure(work: Promise<unknown>): Promise<FetchError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof FetchError) return error;
    throw error;
  }
  throw new Error("it was answered");
}

describe("an answer", () => {
  test("comes from a name that only the proxy knows, with status and headers", async () => {
    await using proxy = await openProxy();
    const options: FetchOptions = { ...LIMITS, method: "POST", body: "body", headers: { "x-test": "1" } };
    const reply = await through(proxy.port)("http://plain.onion/path", options);
    expect(reply.status).toBe(201);
    expect(reply.headers.get("x-answer")).toBe("yes");
    expect(text(reply)).toBe("POST plain.onion 1 body");
    expect(proxy.asked.map(({ host, kind }) => `${kind} ${host}`)).toEqual(["name plain.onion"]);
  });

  test("in pieces is seen piece by piece, and is one in the end", async () => {
    await using proxy = await openProxy();
    let seen = 0;
    const onPart = ({ length }: Uint8Array) => {
      seen += length;
    };
    const reply = await through(proxy.port)("http://plain.onion/pieces", { ...LIMITS, onPart });
    expect(text(reply)).toBe("one two three");
    expect(seen).toBe(13);
  });

  test("over TLS is read where the certificate is good for the name", async () => {
    await using proxy = await openProxy();
    expect(text(await through(proxy.port)("https://good.example/", LIMITS))).toBe("secret");
    expect((await failure(through(proxy.port)("https://bad.example/", LIMITS))).code).toBe("fetch_failed");
    expect(proxy.asked.map(({ host }) => host)).toEqual(["good.example", "bad.example"]);
  });

  test("of two hosts comes on two paths, of one host on one", async () => {
    await using proxy = await openProxy();
    const fetch = through(proxy.port);
    await fetch("http://plain.onion/a", LIMITS);
    await fetch("http://plain.onion/b", LIMITS);
    await fetch("https://good.example/", LIMITS);
    const paths = proxy.asked.map(({ user, password }) => `${user} ${password}`);
    expect(paths[0]).toBe(paths[1] ?? "");
    expect(paths[0]).not.toBe(paths[2] ?? "");
  });
});

describe("no answer", () => {
  test.each([
    ["a redirect", "/moved", "redirect, which is not followed"],
    ["more than was allowed", "/large", "larger than 1000 bytes"],
    ["an encoding that was not asked for", "/gzip", "an encoding"],
  ])("comes of %s", async (_what, path, why) => {
    await using proxy = await openProxy();
    expect((await failure(through(proxy.port)(`http://plain.onion${path}`, LIMITS))).message).toContain(why);
  });

  test("but a redirect is one for who asks to see it", async () => {
    await using proxy = await openProxy();
    const reply = await through(proxy.port)("http://plain.onion/moved", { ...LIMITS, redirects: "answer" });
    expect([reply.status, reply.headers.get("location")]).toEqual([302, "http://elsewhere.example/"]);
  });

  test("comes when the proxy is not there, whatever is asked, and only the host is named", async () => {
    const gone = await openProxy();
    await gone[Symbol.asyncDispose]();
    const error = await failure(through(gone.port)(`http://127.0.0.1:${web.port}/?key=secret`, LIMITS));
    expect([error.code, error.message]).toEqual(["fetch_failed", `127.0.0.1:${web.port}: the proxy is not reached`]);
  });

  test("comes when the proxy refuses, or wants credentials that are not there", async () => {
    await using refuses = await openProxy({ reply: 2 });
    expect((await failure(through(refuses.port)("http://plain.onion/", LIMITS))).message).toContain("rules forbid it");
    await using wants = await openProxy({ credentials: { user: "a", password: "b" } });
    expect((await failure(through(wants.port)("http://plain.onion/", LIMITS))).message).toContain("credentials");
  });

  test("comes after the time that was given, or when the caller leaves", async () => {
    await using proxy = await openProxy({ silent: true });
    const clock = new FakeClock();
    const fetch = createSocksFetch({ host: "127.0.0.1", port: proxy.port }, clock);
    const late = failure(fetch("http://plain.onion/", LIMITS));
    await clock.advance(10_000);
    expect((await late).code).toBe("fetch_timeout");
    const controller = new AbortController();
    const left = failure(fetch("http://plain.onion/", { ...LIMITS, signal: controller.signal }));
    controller.abort();
    expect((await left).code).toBe("fetch_aborted");
  });

  test("comes of an answer that is cut", async () => {
    const cuts = createTcpServer((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive!"));
    await new Promise<void>((resolve) => cuts.listen(0, "127.0.0.1", resolve));
    const address = cuts.address();
    const port = typeof address === "object" && address ? address.port : 0;
    await using proxy = await openProxy({ places: { "cut.example:80": port } });
    expect((await failure(through(proxy.port)("http://cut.example/", LIMITS))).code).toBe("fetch_failed");
    cuts.close();
  });

  test.each(["ftp://plain.onion/", "plain.onion", "http://plain.onion/\r\nX: y"])("comes of %p", async (url) => {
    await using proxy = await openProxy();
    expect((await failure(through(proxy.port)(url, LIMITS))).code).toBe("fetch_refused");
    expect(proxy.accepted()).toBe(0);
  });
});
