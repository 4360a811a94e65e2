import { afterEach, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { Authority } from "../../test/fakes/authority.ts";
import { systemClock } from "../core/clock.ts";
import type { TlsTexts } from "../lib/tls-files.ts";
import { listenRenewably, type RenewableListener, renew } from "./renewable-listener.ts";

const authority = new Authority();
const texts = (name: string, clientCa?: string): TlsTexts => ({ ...authority.issue({ name }), clientCa });
const FAREWELL_MS = 300;
const PIECES = 40;

let listener: RenewableListener | undefined;
afterEach(async () => {
  await listener?.stop();
  listener = undefined;
});

/** /stream lasts two seconds, piece by piece; all else answers at once. */
function serve(tls: TlsTexts, shared = true): RenewableListener {
  const handle = async (request: Request) => {
    if (!request.url.endsWith("/stream")) return new Response("hi");
    const body = new ReadableStream({
      async start(stream) {
        for (let i = 0; i < PIECES; i++) {
          stream.enqueue(`${i} `);
          await Bun.sleep(50);
        }
        stream.close();
      },
    });
    return new Response(body);
  };
  listener = listenRenewably({ host: "127.0.0.1", port: 0, tls, shared }, handle, systemClock, FAREWELL_MS);
  return listener;
}

interface Seen {
  readonly name: string | undefined;
  readonly protocol: string | null;
  readonly alpn: string | false | null;
}

/** What a new connection is shown, once the server has taken it: with TLS 1.3 a client's certificate is judged late. */
function seenBy(port: number, options: ConnectionOptions = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: "127.0.0.1", port, ca: authority.cert, ...options });
    let seen: Seen = { name: undefined, protocol: null, alpn: null };
    socket.on("secureConnect", () => {
      const name: unknown = socket.getPeerCertificate().subject.CN;
      seen = { name: String(name), protocol: socket.getProtocol(), alpn: socket.alpnProtocol };
      socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    });
    let heard = "";
    socket.on("data", (bytes) => {
      heard += bytes;
    });
    socket.on("error", reject);
    socket.on("close", () => (heard.endsWith("hi") ? resolve(seen) : reject(new Error("closed without an answer"))));
  });
}

const get = (port: number, path: string) =>
  fetch(`https://127.0.0.1:${port}${path}`, { tls: { ca: authority.cert }, keepalive: true });

for (const shared of process.platform === "linux" ? [true, false] : [false]) {
  test(`files that no listener takes: the old ones go on, at every try, until there are better ones (shared: ${shared})`, async () => {
    const server = serve(texts("first"), shared);
    const broken = { cert: "no certificate", key: "no key", clientCa: undefined };
    for (let i = 0; i < 2; i++) {
      expect(await renew(server, broken).catch(() => "refused")).toBe("refused");
      expect((await seenBy(server.port)).name).toBe("first");
    }
    await renew(server, texts("second"));
    expect((await seenBy(server.port)).name).toBe("second");
  });
}

describe.if(process.platform === "linux")("certificates swapped under load", () => {
  test("TLS on the public listener from files, reloaded when they change: 10 times, 0 streams broken, 0 requests lost", async () => {
    const server = serve(texts("first"));
    const { port } = server;
    let over = false;
    const done = { streams: 0, requests: 0 };
    const failures: unknown[] = [];
    const streams = Array.from({ length: 10 }, async () => {
      while (!over) {
        const text = await (await get(port, "/stream")).text();
        if (text.trim().split(" ").length === PIECES) done.streams++;
        else failures.push(text);
      }
    });
    const requests = Array.from({ length: 10 }, async () => {
      while (!over) {
        if ((await (await get(port, "/")).text()) === "hi") done.requests++;
        await Bun.sleep(5);
      }
    });
    const load = [...streams, ...requests].map((one) => one.catch((error: unknown) => failures.push(error)));
    for (let i = 1; i <= 10; i++) {
      const renewed = renew(server, texts(`renewed-${i}`));
      await Bun.sleep(FAREWELL_MS / 3);
      // Already while the former one says farewell.
      for (let n = 0; n < 5; n++) expect((await seenBy(port)).name).toBe(`renewed-${i}`);
      await renewed;
      for (let n = 0; n < 5; n++) expect((await seenBy(port)).name).toBe(`renewed-${i}`);
    }
    over = true;
    await Promise.all(load);
    expect(failures).toEqual([]);
    expect(done.streams).toBeGreaterThan(20);
    expect(done.requests).toBeGreaterThan(500);
  }, 60_000);

  test("a stream outlives its certificate, and a stop still ends it", async () => {
    const server = serve(texts("first"));
    const reply = await get(server.port, "/stream");
    await renew(server, texts("second"));
    expect(server.pending()).toBe(1);
    expect((await reply.text()).trim().split(" ")).toHaveLength(PIECES);
    const cut = await get(server.port, "/stream");
    await renew(server, texts("third"));
    await server.stop();
    await expect(cut.text()).rejects.toThrow();
  }, 20_000);
});

describe("callers' certificates", () => {
  const stranger = new Authority("a stranger");
  const caller = { ...authority.issue({ name: "caller" }) };
  const outsider = { ...stranger.issue({ name: "outsider" }) };

  test("none is refused, one of another authority is refused, the right one passes; other authorities, other callers", async () => {
    const server = serve(texts("node", authority.cert));
    await expect(seenBy(server.port)).rejects.toThrow();
    await expect(seenBy(server.port, outsider)).rejects.toThrow();
    expect((await seenBy(server.port, caller)).name).toBe("node");
    await renew(server, texts("node", stranger.cert));
    await expect(seenBy(server.port, caller)).rejects.toThrow();
    expect((await seenBy(server.port, outsider)).name).toBe("node");
  }, 20_000);
});

describe("what comes to the port", () => {
  test("TLS 1.2 at least, HTTP/1.1", async () => {
    const { port } = serve(texts("node"));
    expect((await seenBy(port, { ALPNProtocols: ["h2", "http/1.1"] })).protocol).toBe("TLSv1.3");
    expect((await seenBy(port, { maxVersion: "TLSv1.2" })).protocol).toBe("TLSv1.2");
    await expect(seenBy(port, { minVersion: "TLSv1", maxVersion: "TLSv1.1" })).rejects.toThrow();
  });

  test("plain HTTP and silent handshakes get nothing and keep nobody waiting", async () => {
    const { port } = serve(texts("node"));
    const silent = Array.from({ length: 100 }, () => connect(port, "127.0.0.1"));
    const plain = connect(port, "127.0.0.1");
    const answer = new Promise<string>((resolve) => {
      let heard = "";
      plain.on("data", (bytes) => {
        heard += bytes;
      });
      plain.on("error", () => resolve(heard));
      plain.on("close", () => resolve(heard));
    });
    plain.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(await answer).not.toContain("HTTP/1.1 200");
    const began = performance.now();
    expect((await seenBy(port)).name).toBe("node");
    expect(performance.now() - began).toBeLessThan(1000);
    for (const socket of silent) socket.destroy();
  });

  test("where no two listeners may share the port, the new one takes it over", async () => {
    const server = serve(texts("first"), false);
    const reply = await get(server.port, "/stream");
    await renew(server, texts("second"));
    expect((await seenBy(server.port)).name).toBe("second");
    expect((await reply.text()).trim().split(" ")).toHaveLength(PIECES);
  }, 20_000);
});
