// HTTP clients: many at once, readers that stop, callers that leave.
import assert from "node:assert/strict";
import { RawServer, type Script } from "../fakes/raw-server.ts";
import { CHUNKED, type HttpClientCase, OPTIONS, post, sleep, talk, textOf } from "./http-case.ts";

/** What the server has said when the caller leaves. */
const SAID: Readonly<Record<string, string>> = {
  "before an answer": "",
  "in its headers": "HTTP/1.1 200 OK\r\nx-a",
  "before its body": CHUNKED,
  "in its body": `${CHUNKED}3\r\nabc\r\n`,
  "with a reader that has stopped": `HTTP/1.1 200 OK\r\ncontent-length: ${64 << 20}\r\n\r\n${"x".repeat(16 << 20)}`,
};

export const LOAD: readonly HttpClientCase[] = [
  {
    name: "2,000 streams at once: none waits for another, and all end",
    async run(open) {
      const COUNT = 2000;
      const waiting: Parameters<Script>[0][] = [];
      using server = await RawServer.start((socket) => {
        socket.write(`${CHUNKED}9\r\ndata: a\n\n\r\n`);
        // Nobody's stream ends before everybody's has begun.
        if (waiting.push(socket) === COUNT) for (const each of waiting) each.write("0\r\n\r\n");
      });
      const client = open(OPTIONS);
      const texts = await Promise.all(
        Array.from({ length: COUNT }, async () => textOf(await client.request(post(server.url)))),
      );
      assert.deepEqual(new Set(texts), new Set(["data: a\n\n"]));
      const ended = performance.now();
      while (server.open > OPTIONS.maxIdleConns) {
        assert.ok(performance.now() - ended < 5000, `${server.open} connections are kept`);
        await sleep(10);
      }
      client.close();
    },
  },
  talk(
    "a reader that stops holds 200 MB back, and gets them all when it goes on",
    (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${200 << 20}\r\n\r\n`);
      let left = 200 << 20;
      const block = Buffer.alloc(1 << 16);
      const pump = () => {
        while (left > 0) {
          left -= block.length;
          if (!socket.write(block)) break;
        }
      };
      socket.on("drain", pump);
      pump();
    },
    async ({ server, client }) => {
      const reply = await client.request(post(server.url));
      const before = process.memoryUsage().rss;
      await sleep(300);
      const grown = process.memoryUsage().rss - before;
      assert.ok(grown < 64 << 20, `${grown >> 20} MB more`);
      let bytes = 0;
      for await (const chunk of reply.body) bytes += chunk.length;
      assert.equal(bytes, 200 << 20);
    },
  ),
  talk(
    "a caller that leaves at once: the server is not even asked",
    () => {},
    async ({ server, client }) => {
      const abort = new AbortController();
      const replies = Array.from({ length: 20 }, () => client.request(post(server.url, { signal: abort.signal })));
      const outcomes = Promise.allSettled(replies);
      abort.abort();
      assert.ok((await outcomes).every(({ status }) => status === "rejected"));
      await sleep(100);
      assert.deepEqual([server.requests.length, server.open], [0, 0]);
    },
  ),
  ...["before an answer", "in its headers", "before its body", "in its body", "with a reader that has stopped"].map(
    (phase) => abortedIn(phase),
  ),
];

function abortedIn(phase: string): HttpClientCase {
  return talk(
    `a caller that leaves ${phase} frees the connection at once`,
    (socket) => socket.write(SAID[phase] ?? ""),
    async ({ server, client }) => {
      const abort = new AbortController();
      const reply = client.request(post(server.url, { signal: abort.signal }));
      reply.catch(() => {});
      await sleep(50);
      const left = performance.now();
      abort.abort();
      await server.closed;
      assert.ok(performance.now() - left < 200);
      await assert.rejects(reply.then(textOf));
    },
  );
}
