// Conformance of the HTTP client, against a raw socket that says exactly what a case needs.
import { afterEach, describe, expect, test } from "bun:test";
import type net from "node:net";
import { networkInterfaces } from "node:os";
import zlib from "node:zlib";
import fc from "fast-check";
import { HTTP_CLIENT_CASES } from "../../test/conformance/http-clients.ts";
import { RawServer, type RawServerOptions, type Script } from "../../test/fakes/raw-server.ts";
import { createHttpClient, type HttpRequest } from "./http-client.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

async function serve(script: Script, greet?: RawServerOptions["greet"]): Promise<RawServer> {
  const server = await RawServer.start(script, greet ? { greet } : {});
  cleanups.push(() => server[Symbol.dispose]());
  return server;
}

function client(options: Partial<Parameters<typeof createHttpClient>[0]> = {}) {
  const made = createHttpClient({ maxIdleConns: 10, idleConnTimeout: 5000, connectTimeout: 1000, ...options });
  cleanups.push(() => made.close());
  return made;
}

function post(url: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/json" },
    body: Buffer.from(`{"a":1}`),
    signal: new AbortController().signal,
    firstByteTimeoutMs: 2000,
    idleTimeoutMs: 2000,
    ...more,
  };
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "no error";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

describe("conformance", () => {
  for (const { name, run } of HTTP_CLIENT_CASES) test(name, () => run(createHttpClient), 30_000);

  const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));
  test.skipIf(!hasIpv6)("a server at an IPv6 address", async () => {
    using server = await RawServer.start((socket) => socket.write(OK), { host: "::1" });
    const http = client();
    for (let i = 0; i < 2; i++) expect(await textOf((await http.request(post(server.url))).body)).toBe("ok");
    expect(server.requests[0]).toMatch(/^Host: \[::1\]:\d+\r$/m);
    expect(server.connections).toBe(1);
  });
});

describe("framing", () => {
  test("chunked in odd sizes, with extensions and trailers", async () => {
    const { url } = await serve((socket) => {
      socket.write(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-t\r\n\r\n" +
          "1\r\na\r\n3;ext=1\r\nbcd\r\n00b\r\n01234567890\r\n0\r\nx-t: late\r\n\r\n",
      );
    });
    const reply = await client().request(post(url));
    expect(reply.framing).toBe("chunked");
    expect(await textOf(reply.body)).toBe("abcd01234567890");
    expect(reply.headers.has("trailer")).toBeFalse();
    expect(reply.headers.has("transfer-encoding")).toBeFalse();
  });

  test("split at every byte, UTF-8 characters too", async () => {
    const body = Buffer.from("data: añ€😀\n\n");
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`;
    const { url } = await serve(async (socket) => {
      socket.setNoDelay(true);
      for (const byte of Buffer.concat([Buffer.from(head), body])) {
        socket.write(Buffer.of(byte));
        await sleep(1);
      }
    });
    const reply = await client().request(post(url));
    expect(reply.framing).toBe("length");
    expect(await textOf(reply.body)).toBe("data: añ€😀\n\n");
  });

  test("1xx answers before the real one", async () => {
    const { url } = await serve((socket) => {
      socket.write(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}`);
    });
    const reply = await client().request(post(url));
    expect([reply.status, await textOf(reply.body)]).toEqual([200, "ok"]);
  });

  test("a body that the connection's end delimits", async () => {
    const { url } = await serve((socket) => socket.end("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nuntil the end"));
    const reply = await client().request(post(url));
    expect(reply.framing).toBe("close");
    expect(await textOf(reply.body)).toBe("until the end");
  });

  test("204, 304 and HEAD have no body", async () => {
    const server = await serve((socket, request) => {
      const status = request.startsWith("HEAD") ? "200 OK\r\ncontent-length: 99" : "204 No Content";
      socket.write(`HTTP/1.1 ${status}\r\n\r\n`);
    });
    const http = client();
    expect(await textOf((await http.request(post(server.url))).body)).toBe("");
    expect(await textOf((await http.request(post(server.url, { method: "HEAD", body: undefined }))).body)).toBe("");
    expect(server.connections).toBeLessThanOrEqual(1);
  });

  test("a redirect is an answer", async () => {
    const { url, requests } = await serve((socket) =>
      socket.write("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"),
    );
    const reply = await client().request(post(url));
    expect([reply.status, requests.length]).toEqual([302, 1]);
  });

  test("hop-by-hop headers go, also those that Connection names; repeated ones are joined", async () => {
    const { url } = await serve((socket) =>
      socket.write(
        "HTTP/1.1 200 OK\r\nconnection: keep-alive, x-private\r\nkeep-alive: timeout=5\r\nx-private: 1\r\n" +
          "x-two: a\r\nx-two: b\r\ncontent-length: 0\r\n\r\n",
      ),
    );
    const { headers } = await client().request(post(url));
    expect([...headers].sort()).toEqual([
      ["content-length", "0"],
      ["x-two", "a, b"],
    ]);
  });

  test("the request carries its body and length, and no chunked framing", async () => {
    const { url, requests } = await serve((socket) => socket.write(OK));
    await textOf((await client().request(post(url))).body);
    expect(requests[0]).toContain("POST /v1/chat/completions HTTP/1.1\r\n");
    expect(requests[0]?.toLowerCase()).toContain("content-length: 7\r\n");
    expect(requests[0]?.endsWith(`{"a":1}`)).toBeTrue();
  });
});

describe("content-encoding", () => {
  const encoders = {
    gzip: zlib.gzipSync,
    deflate: zlib.deflateSync,
    br: zlib.brotliCompressSync,
    zstd: zlib.zstdCompressSync,
  };
  for (const [name, encode] of Object.entries(encoders)) {
    test(`${name} is decoded, and its headers go`, async () => {
      const body = encode(Buffer.from("plain ".repeat(1000)));
      const { url } = await serve((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${name}\r\ncontent-length: ${body.length}\r\n\r\n`);
        socket.write(body);
      });
      const reply = await client().request(post(url));
      expect(await textOf(reply.body)).toBe("plain ".repeat(1000));
      expect(reply.headers.has("content-encoding")).toBeFalse();
      expect(reply.headers.has("content-length")).toBeFalse();
    });

    test(`${name} cut in the middle is an error`, async () => {
      const body = encode(Buffer.from(Array.from({ length: 20_000 }, (_, i) => String(i * 7919)).join()));
      const { url } = await serve((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${name}\r\ncontent-length: ${body.length}\r\n\r\n`);
        socket.end(body.subarray(0, body.length >> 1));
      });
      const reply = await client().request(post(url));
      expect(await codeOf(textOf(reply.body))).toBe("cut");
    });
  }

  test("gzip events leave the decoder as they come", async () => {
    const gzip = zlib.createGzip();
    const { url } = await serve((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n");
      gzip.on("data", (data: Buffer) => {
        socket.write(`${data.length.toString(16)}\r\n`);
        socket.write(data);
        socket.write("\r\n");
      });
      gzip.write("data: one\n\n");
      gzip.flush(zlib.constants.Z_SYNC_FLUSH);
    });
    const reply = await client().request(post(url));
    for await (const chunk of reply.body) {
      expect(Buffer.from(chunk).toString()).toBe("data: one\n\n");
      break;
    }
  });

  test("an encoding that is not known passes as it is", async () => {
    const { url } = await serve((socket) =>
      socket.write("HTTP/1.1 200 OK\r\ncontent-encoding: x-own\r\ncontent-length: 2\r\n\r\nok"),
    );
    const reply = await client().request(post(url));
    expect(reply.headers.get("content-encoding")).toBe("x-own");
    expect(await textOf(reply.body)).toBe("ok");
  });
});

describe("cuts", () => {
  const CHUNKED = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  const cases: Record<string, Script> = {
    "chunked body closed early": (socket) => socket.end(`${CHUNKED}3\r\nabc\r\n`),
    "chunked body closed inside a chunk": (socket) => socket.end(`${CHUNKED}ff\r\nabc`),
    "chunked body cut by RST": async (socket) => {
      socket.write(`${CHUNKED}3\r\nabc\r\n`);
      await sleep(30);
      socket.resetAndDestroy();
    },
    "content-length body closed early": (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"),
    "body of nonsense framing": (socket) => socket.write(`${CHUNKED}zz\r\n`),
    "close-delimited body cut by RST": async (socket) => {
      socket.write("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc");
      await sleep(30);
      socket.resetAndDestroy();
    },
  };
  for (const [name, script] of Object.entries(cases)) {
    test(name, async () => {
      const { url } = await serve(script);
      const reply = await client().request(post(url));
      expect(await codeOf(textOf(reply.body))).toBe("cut");
    });
  }

  test("a body cut before anybody reads it still fails when read", async () => {
    const { url } = await serve((socket) => socket.end(`${CHUNKED}3\r\nabc\r\n`));
    const reply = await client().request(post(url));
    await sleep(50);
    expect(await codeOf(textOf(reply.body))).toBe("cut");
  });
});

describe("no answer", () => {
  test("nobody listens: connect_failed, without the path", async () => {
    const { url } = await serve((socket) => socket.destroy());
    const gone = url.replace(/:\d+/, ":1");
    expect(await codeOf(client().request(post(gone)))).toBe("connect_failed");
    await client()
      .request(post(gone))
      .catch((error: Error) => expect(error.message).not.toContain("/v1"));
  });

  test("no TLS on the other side: connect_failed; a handshake without end: connect_timeout", async () => {
    const plain = await serve(
      () => {},
      (socket) => socket.end(OK),
    );
    expect(await codeOf(client().request(post(plain.url.replace("http:", "https:"))))).toBe("connect_failed");
    const silent = await serve(() => {});
    const hurried = client({ connectTimeout: 60 });
    expect(await codeOf(hurried.request(post(silent.url.replace("http:", "https:"))))).toBe("connect_timeout");
    await silent.closed;
  });

  test("closed before the first byte: reset, once", async () => {
    const { url, requests } = await serve((socket) => socket.destroy());
    expect(await codeOf(client().request(post(url)))).toBe("reset");
    expect(requests.length).toBe(1);
  });

  test("silence: first_byte_timeout, also after a part of the headers", async () => {
    for (const part of ["", "HTTP/1.1 200 OK\r\ncontent-"]) {
      const server = await serve((socket) => part && socket.write(part));
      expect(await codeOf(client().request(post(server.url, { firstByteTimeoutMs: 60 })))).toBe("first_byte_timeout");
      await server.closed;
    }
  });

  test("silence in the body: idle_timeout; a slow reader is no silence", async () => {
    const server = await serve((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"));
    const reply = await client().request(post(server.url, { idleTimeoutMs: 60 }));
    const chunks = reply.body[Symbol.asyncIterator]();
    await chunks.next();
    await sleep(120);
    expect(await codeOf(chunks.next())).toBe("idle_timeout");
    await server.closed;
  });

  test("a reader that comes late is no silence", async () => {
    const { url } = await serve((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc");
      setTimeout(() => socket.write("def"), 120);
    });
    const reply = await client().request(post(url, { firstByteTimeoutMs: 50, idleTimeoutMs: 50 }));
    await sleep(160);
    expect(await textOf(reply.body)).toBe("abcdef");
  });

  test("not HTTP, doubled content-length, both framings: bad_response", async () => {
    const lies = [
      "SSH-2.0-OpenSSH\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok",
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ];
    for (const lie of lies) {
      const { url } = await serve((socket) => socket.write(lie));
      expect(await codeOf(client().request(post(url)))).toBe("bad_response");
    }
  });

  test("headers: 48 KB pass, 200 KB are a typed error", async () => {
    for (const [kb, expected] of [
      [48, "no error"],
      [200, "bad_response"],
    ] as const) {
      const { url } = await serve((socket) =>
        socket.write(`HTTP/1.1 200 OK\r\nx-big: ${"x".repeat(kb * 1024)}\r\ncontent-length: 0\r\n\r\n`),
      );
      expect(await codeOf(client().request(post(url)))).toBe(expected);
    }
  });
});

describe("kept connections", () => {
  test("one connection serves requests one after another, errors included", async () => {
    const server = await serve((socket, _request, nth) =>
      socket.write(nth === 2 ? "HTTP/1.1 500 Oops\r\ncontent-length: 4\r\n\r\noops" : OK),
    );
    const http = client();
    for (let i = 0; i < 4; i++) await textOf((await http.request(post(server.url))).body);
    expect(server.connections).toBe(1);
  });

  test("a kept connection that died is replaced once, unseen by the caller", async () => {
    const server = await serve((socket, _request, nth) => (nth === 2 ? socket.resetAndDestroy() : socket.write(OK)));
    const http = client();
    await textOf((await http.request(post(server.url))).body);
    expect(await textOf((await http.request(post(server.url))).body)).toBe("ok");
    expect([server.connections, server.requests.length]).toEqual([2, 3]);
  });

  test("one that died after a part of an answer is not asked again", async () => {
    const server = await serve((socket, _request, nth) => {
      if (nth === 1) socket.write(OK);
      else socket.end("HTTP/1.1 2");
    });
    const http = client();
    await textOf((await http.request(post(server.url))).body);
    expect(await codeOf(http.request(post(server.url)))).toMatch(/reset|bad_response/);
    expect(server.requests.length).toBe(2);
  });

  test("response poisoning: bytes after an answer never become the next answer", async () => {
    const poison = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison";
    for (const late of [false, true]) {
      const server = await serve(async (socket, _request, nth) => {
        socket.write(nth === 1 && !late ? OK + poison : OK);
        if (nth === 1 && late) setTimeout(() => socket.write(poison), 20);
      });
      const http = client();
      expect(await textOf((await http.request(post(server.url))).body)).toBe("ok");
      await sleep(60);
      expect(await textOf((await http.request(post(server.url))).body)).toBe("ok");
    }
  });

  test("a reader that stops early closes the connection", async () => {
    const server = await serve((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"));
    const reply = await client().request(post(server.url));
    for await (const _ of reply.body) break;
    await server.closed;
  });

  test("idle connections are closed after their time, and none is kept when none may be", async () => {
    for (const options of [{ idleConnTimeout: 60 }, { maxIdleConns: 0 }]) {
      const server = await serve((socket, request) => {
        socket.write(OK);
        if (/connection: close/i.test(request)) socket.end();
      });
      await textOf((await client(options).request(post(server.url))).body);
      await server.closed;
    }
  });
});

describe("limits that change: proxy.maxIdleConns, proxy.idleConnTimeout, proxy.connectTimeout", () => {
  test("connections at rest are held to them at once, and so is the next request", async () => {
    const server = await serve((socket) => socket.write(OK));
    const http = client({ idleConnTimeout: 60_000 });
    const limits = { maxIdleConns: 10, idleConnTimeout: 60, connectTimeout: 1000 };
    await textOf((await http.request(post(server.url))).body);
    http.limitTo(limits);
    await server.closed;
    http.limitTo({ ...limits, maxIdleConns: 0, idleConnTimeout: 60_000 });
    await textOf((await http.request(post(server.url))).body);
    expect(server.requests.at(-1)).toMatch(/connection: close/i);
    const handshake = await serve(
      () => {},
      () => {},
    );
    http.limitTo({ ...limits, connectTimeout: 50 });
    expect(await codeOf(http.request(post(handshake.url.replace("http:", "https:"))))).toBe("connect_timeout");
  });
});

describe("abort is seen by the server within 200 ms", () => {
  const phases: Record<string, Script> = {
    "before the headers": () => {},
    "in the middle of the body": (socket) =>
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"),
  };
  for (const [name, script] of Object.entries(phases)) {
    test(name, async () => {
      const server = await serve(script);
      const abort = new AbortController();
      const work = client()
        .request(post(server.url, { signal: abort.signal }))
        .then((reply) => textOf(reply.body));
      await sleep(50);
      const started = performance.now();
      abort.abort();
      expect(await codeOf(work)).toBe("aborted");
      await server.closed;
      expect(performance.now() - started).toBeLessThan(200);
    });
  }

  test("while connecting, and before", async () => {
    // A TLS handshake that the server never answers keeps the connection in its beginning.
    const server = await serve(() => {});
    const abort = new AbortController();
    const secure = post(server.url.replace("http:", "https:"), { signal: abort.signal });
    const work = codeOf(client().request(secure));
    await sleep(50);
    const started = performance.now();
    abort.abort();
    expect(await work).toBe("aborted");
    await server.closed;
    expect(performance.now() - started).toBeLessThan(200);
    expect(await codeOf(client().request(secure))).toBe("aborted");
    expect(server.connections).toBe(1);
  });

  test("with a body that nobody has begun to read", async () => {
    const server = await serve((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"));
    const abort = new AbortController();
    const reply = await client().request(post(server.url, { signal: abort.signal }));
    abort.abort();
    await server.closed;
    expect(await codeOf(textOf(reply.body))).toBe("aborted");
  });
});

test("whatever bytes a server sends, the outcome is an answer or a typed error", async () => {
  const valid = Buffer.from(
    "HTTP/1.1 200 OK\r\nx-a: b\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;e=f\r\nde\r\n0\r\nt: u\r\n\r\n",
  );
  let bytes = valid;
  const { url } = await serve((socket) => socket.end(bytes));
  const http = client();
  const changes = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(changes, async (list) => {
      bytes = Buffer.from(valid);
      for (const [at, byte] of list) bytes[at] = byte;
      const outcome = await codeOf(http.request(post(url)).then(({ body }) => textOf(body)));
      expect(["no error", "bad_response", "cut", "reset"]).toContain(outcome);
    }),
    { numRuns: 300 },
  );
});

test("back-pressure: a reader that pauses holds the server back", async () => {
  let sent = 0;
  const { url } = await serve((socket) => {
    socket.write("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
    const pump = () => {
      while (sent < 256 << 20 && socket.write(Buffer.alloc(1 << 16))) sent += 1 << 16;
    };
    socket.on("drain", pump);
    pump();
  });
  const reply = await client().request(post(url));
  const chunks = reply.body[Symbol.asyncIterator]();
  await chunks.next();
  await sleep(300);
  expect(sent).toBeLessThan(32 << 20);
  await chunks.return?.();
});

test("2,000 requests at once: none waits for a slot", async () => {
  const waiting: net.Socket[] = [];
  const { url } = await serve((socket) => {
    waiting.push(socket);
    // Nobody is answered before everybody has asked.
    if (waiting.length === 2000) for (const each of waiting) each.write(OK);
  });
  const http = client({ connectTimeout: 20_000 });
  const slow = { firstByteTimeoutMs: 20_000 };
  const answers = await Promise.all(
    Array.from({ length: 2000 }, async () => textOf((await http.request(post(url, slow))).body)),
  );
  expect(answers.every((answer) => answer === "ok")).toBeTrue();
}, 30_000);
