// HTTP clients: where an answer ends, and which connections serve on.
import assert from "node:assert/strict";
import zlib from "node:zlib";
import type { Script } from "../fakes/raw-server.ts";
import { answers, CHUNKED, type HttpClientCase, OK, post, sleep, talk, textOf } from "./http-case.ts";

/** HEAD first, then these in turn. */
const bodiless: Script = (socket, request, nth) => {
  if (request.startsWith("HEAD")) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n");
  else if (nth === 2) socket.write("HTTP/1.1 204 No Content\r\n\r\n");
  else if (nth === 3) socket.write("HTTP/1.1 304 Not Modified\r\ncontent-length: 99\r\n\r\n");
  else socket.write(OK);
};

/** HTTP/1.0 and Connection: close in turn; the server leaves it to the client to close. */
const closing: Script = (socket, _request, nth) => {
  if (nth % 2) socket.write(OK.replace("HTTP/1.1", "HTTP/1.0"));
  else socket.write(OK.replace("OK\r\n", "OK\r\nconnection: Close\r\n"));
};

export const DECODING: readonly HttpClientCase[] = [
  answers("content-encoding is undone", gzipped("plain ".repeat(1000)), "plain ".repeat(1000)),
];

export const FRAMING: readonly HttpClientCase[] = [
  answers(
    "chunks of odd sizes, with extensions",
    `${CHUNKED}1\r\na\r\n3;ext="1"\r\nbcd\r\n00b ;x\r\n01234567890\r\n0\r\n\r\n`,
    "abcd01234567890",
  ),
  answers(
    "informational answers before the real one",
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}`,
    "ok",
  ),
  answers("no reason phrase, and an empty one", `HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n`, ""),
  answers(
    "48 KB of headers",
    `HTTP/1.1 200 OK\r\nx-big: ${"x".repeat(48 * 1024)}\r\ncontent-length: 2\r\n\r\nok`,
    "ok",
  ),
  talk(
    "a byte at a time: characters and events in pieces",
    bytewise(`${CHUNKED}9\r\ndata: ü\n\r\n1\r\n\n\r\n0\r\n\r\n`),
    async ({ ask }) => {
      assert.equal(await ask(), "data: ü\n\n");
    },
  ),
  talk(
    "trailers are dropped, and the connection serves on",
    (socket) => socket.write(`${CHUNKED}2\r\nok\r\n0\r\nx-t: late\r\nx-u: 1\r\n\r\n`),
    async ({ server, ask }) => {
      for (let i = 0; i < 3; i++) assert.equal(await ask(), "ok");
      assert.equal(server.connections, 1);
    },
  ),
  talk(
    "HEAD, 204 and 304 have no body, whatever their headers say, and the connection serves on",
    bodiless,
    async ({ server, client, ask }) => {
      for (const more of [{ method: "HEAD", body: undefined }, {}, {}, {}]) {
        const reply = await client.request(post(server.url, more));
        assert.equal(await textOf(reply), reply.status === 200 && more.method !== "HEAD" ? "ok" : "");
      }
      assert.equal(await ask(), "ok");
      assert.equal(server.connections, 1);
    },
  ),
  talk(
    "the end of the connection is the end of a body without framing",
    (socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nuntil the end"),
    async ({ ask }) => {
      for (let i = 0; i < 2; i++) assert.equal(await ask(), "until the end");
    },
  ),
  talk("HTTP/1.0 and Connection: close end their connection", closing, async ({ server, ask }) => {
    for (let i = 0; i < 4; i++) assert.equal(await ask(), "ok");
    assert.equal(server.connections, 4);
  }),
  talk(
    "keep-alive after errors that were answered",
    (socket, _request, nth) => socket.write(nth % 2 ? "HTTP/1.1 500 Oops\r\ncontent-length: 2\r\n\r\nno" : OK),
    async ({ server, ask }) => {
      for (const expected of ["no", "ok", "no", "ok"]) assert.equal(await ask(), expected);
      assert.equal(server.connections, 1);
    },
  ),
];

function gzipped(text: string): Buffer {
  const body = zlib.gzipSync(text);
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`),
    body,
  ]);
}

function bytewise(text: string): Script {
  return async (socket) => {
    for (const byte of Buffer.from(text)) {
      socket.write(Buffer.of(byte));
      await sleep(1);
    }
  };
}
