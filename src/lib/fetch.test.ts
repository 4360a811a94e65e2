import { afterAll, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { FakeClock } from "../../test/fakes/clock.ts";
import { systemClock } from "../core/clock.ts";
import { createFetch, FetchError, type FetchOptions, standardFetch } from "./fetch.ts";

const MIB = 1024 * 1024;
const LIMITS = { timeoutMs: 5000, maxBytes: MIB };
const bomb = gzipSync(new Uint8Array(64 * MIB));

let arrived: (path: string) => void = () => {};
let cancelled = false;

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  routes: {
    "/echo": async (request) =>
      Response.json({ method: request.method, header: request.headers.get("x-test"), body: await request.text() }),
    "/status": () => new Response("no", { status: 418 }),
    "/empty": () => new Response(null, { status: 204 }),
    "/redirect": () => Response.redirect("/echo?canary"),
    "/bomb": () => new Response(bomb, { headers: { "content-encoding": "gzip" } }),
    "/endless": () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
          cancel: () => {
            cancelled = true;
          },
        }),
      ),
    "/silent": (request) => {
      arrived(new URL(request.url).pathname);
      return new Promise<Response>(() => {});
    },
    "/half": (request) => {
      arrived(new URL(request.url).pathname);
      return new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) }));
    },
  },
});
afterAll(() => server.stop(true));

const at = (path: string) => `http://127.0.0.1:${server.port}${path}`;
const send = createFetch(systemClock);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

async function failure(url: string, options: Partial<FetchOptions> = {}, fetch = send): Promise<FetchError> {
  const error = await fetch(url, { ...LIMITS, ...options }).catch((thrown: unknown) => thrown);
  if (error instanceof FetchError) return error;
  throw new Error(`expected a FetchError, got ${String(error)}`);
}

describe("fetch", () => {
  test("sends method, headers and body, and gives any status as an answer", async () => {
    const reply = await send(at("/echo"), { ...LIMITS, method: "POST", headers: { "x-test": "1" }, body: "hello" });
    expect(reply.status).toBe(200);
    expect(JSON.parse(text(reply.body))).toEqual({ method: "POST", header: "1", body: "hello" });
    expect((await send(at("/status"), LIMITS)).status).toBe(418);
  });

  test("an answer without end is cut at maxBytes, and the server sees it", async () => {
    expect((await failure(at("/endless"))).code).toBe("fetch_too_large");
    for (let i = 0; i < 100 && !cancelled; i++) await Bun.sleep(10);
    expect(cancelled).toBe(true);
  });

  test("attack: decompression bomb: bytes count after decompression", async () => {
    expect(bomb.length).toBeLessThan(MIB);
    expect((await failure(at("/bomb"))).code).toBe("fetch_too_large");
  });

  for (const path of ["/silent", "/half"]) {
    test(`the deadline covers an answer that stops: ${path}`, async () => {
      const clock = new FakeClock();
      const asked = new Promise<string>((resolve) => {
        arrived = resolve;
      });
      const failed = failure(at(path), {}, createFetch(clock));
      await asked;
      // Real time for the headers of the half answer to arrive, so that its body is what is late.
      await Bun.sleep(30);
      await clock.advance(LIMITS.timeoutMs);
      expect((await failed).code).toBe("fetch_timeout");
    });
  }

  test("the caller's signal ends it, before and while it runs", async () => {
    expect((await failure(at("/echo"), { signal: AbortSignal.abort() })).code).toBe("fetch_aborted");
    const controller = new AbortController();
    arrived = () => controller.abort();
    expect((await failure(at("/silent"), { signal: controller.signal })).code).toBe("fetch_aborted");
  });

  test("attack: redirect: it is not followed", async () => {
    expect((await failure(at("/redirect"))).message).toContain("redirect");
  });

  test("attack: local file: only http and https are fetched", async () => {
    for (const url of ["file:///etc/hostname", "data:text/plain,x", "blob:x", "nonsense"])
      expect((await failure(url)).code).toBe("fetch_refused");
  });

  test("errors show the host and nothing else of the URL", async () => {
    const closed = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const port = closed.port;
    await closed.stop(true);
    for (const url of [
      `http://canary:canary@127.0.0.1:${port}/canary?key=canary`,
      `${at("/redirect")}?key=canary`,
      `${at("/bomb")}?key=canary`,
      "http://nosuch.invalid/canary",
    ]) {
      const error = await failure(url);
      expect(`${error.message}${error.stack}${error.cause}${error.hint}`).not.toContain("canary");
      expect(error.message).toStartWith(new URL(url).host);
    }
  });
});

describe("standard fetch", () => {
  const standard = standardFetch(send, LIMITS);

  test("behaves as fetch does", async () => {
    const reply = await standard(new URL(at("/echo")), { method: "POST", headers: { "x-test": "2" }, body: "hi" });
    expect(await reply.json()).toEqual({ method: "POST", header: "2", body: "hi" });
    expect(await (await standard(new Request(at("/echo")))).json()).toMatchObject({ method: "GET", body: "" });
    expect((await standard(at("/empty"))).status).toBe(204);
  });

  test("keeps the limits and obeys the signal", async () => {
    expect(standard(at("/endless"))).rejects.toMatchObject({ code: "fetch_too_large" });
    expect(standard(at("/echo"), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "fetch_aborted" });
  });
});
