// HTTP clients: response smuggling and poisoning, request splitting: bytes that one reader takes for this, another for that.
import assert from "node:assert/strict";
import { CHUNKED, type HttpClientCase, OK, post, refuses, sleep, talk } from "./http-case.ts";

const smuggled = (headers: string, body = "0\r\n\r\n") => `HTTP/1.1 200 OK\r\n${headers}\r\n\r\n${body}`;

export const ATTACKS: readonly HttpClientCase[] = [
  refuses("attack: length and chunked", smuggled("content-length: 5\r\ntransfer-encoding: chunked")),
  refuses("attack: two lengths", smuggled("content-length: 2\r\ncontent-length: 5", "okxxx")),
  refuses("attack: two lengths in one header", smuggled("content-length: 2, 5", "okxxx")),
  refuses("attack: a length with a sign", smuggled("content-length: +2", "ok")),
  refuses("attack: a length in hex", smuggled("content-length: 0x2", "ok")),
  refuses("attack: a length beyond every number", smuggled("content-length: 99999999999999999999999", "ok")),
  refuses("attack: chunked twice", smuggled("transfer-encoding: chunked, chunked")),
  refuses("attack: two transfer-encodings", smuggled("transfer-encoding: chunked\r\ntransfer-encoding: identity")),
  refuses("attack: a transfer-encoding that only looks like chunked", smuggled("transfer-encoding: xchunked")),
  refuses("attack: space before the colon", smuggled("transfer-encoding : chunked")),
  refuses("attack: a header that goes on in the next line", smuggled("x-a: b\r\n content-length: 2", "ok")),
  refuses("attack: a bare CR in a header", smuggled("x-a: b\rcontent-length: 2", "ok")),
  refuses("attack: a bare LF between headers", smuggled("x-a: b\ncontent-length: 2", "ok")),
  refuses("attack: NUL in a header", smuggled("x-a: b\0\r\ncontent-length: 2", "ok")),
  refuses("attack: a header without a name", smuggled(": b\r\ncontent-length: 2", "ok")),
  refuses(
    "attack: a switch of protocols that nobody asked for",
    smuggled("connection: upgrade\r\nupgrade: websocket", "").replace("200 OK", "101 Switching Protocols"),
  ),
  refuses(
    "attack: informational answers without end",
    "HTTP/1.1 103 Early Hints\r\nlink: </aaaaaaaaaaaaaaaaaaaaaaaaaaaa>\r\n\r\n".repeat(3000),
  ),
  refuses(
    "attack: headers without end",
    `HTTP/1.1 200 OK\r\n${"x-a: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n".repeat(6000)}`,
  ),
  refuses("another protocol", "SSH-2.0-OpenSSH_9.6\r\n"),
  refuses("another version", "HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\nok"),
  ...["-1", "0x3", "3 3", " 3", "", "3\n", "ffffffffffffffffff", `3;${"e".repeat(4000)}`].map((size) =>
    refuses(`attack: a chunk's size is ${JSON.stringify(size.slice(0, 20))}`, `${CHUNKED}${size}\r\nabc\r\n0\r\n\r\n`),
  ),
  refuses("attack: a chunk longer than its size", `${CHUNKED}2\r\nabc\r\n0\r\n\r\n`),
  refuses("attack: a chunk that ends in LF and one byte more", `${CHUNKED}2\r\nokx\n0\r\n\r\n`),
  refuses("attack: chunks divided by LF", `${CHUNKED}2\nok\n0\n\n`),
  talk(
    "attack: response queue poisoning, a second answer behind each",
    (socket, request) => {
      const own = /x-own: (\d+)/.exec(request)?.[1] ?? "";
      const answer = (text: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
      socket.write(answer(own) + answer("poison"));
    },
    async ({ ask }) => {
      for (let i = 0; i < 20; i++) assert.equal(await ask({ headers: { "x-own": `${i}` } }), `${i}`);
    },
  ),
  talk(
    "attack: response queue poisoning, a body behind a 204",
    (socket, _request, nth) =>
      socket.write(nth === 1 ? `HTTP/1.1 204 No Content\r\ncontent-length: ${OK.length}\r\n\r\n${OK}` : OK),
    async ({ server, ask }) => {
      assert.equal(await ask(), "");
      assert.equal(await ask(), "ok");
      assert.equal(server.connections, 2);
    },
  ),
  talk(
    "attack: response queue poisoning, an answer while nobody asks",
    (socket, _request, nth) => {
      socket.write(OK);
      if (nth === 1) setTimeout(() => socket.write(OK.replace("ok", "no")), 20);
    },
    async ({ server, ask }) => {
      assert.equal(await ask(), "ok");
      await sleep(60);
      assert.equal(await ask(), "ok");
      assert.equal(server.connections, 2);
    },
  ),
  talk(
    "attack: request splitting by a header or the path",
    (socket) => socket.write(OK),
    async ({ server, client }) => {
      const split = "a\r\n\r\nGET /admin HTTP/1.1\r\nhost: x\r\n\r\n";
      for (const bad of [split, "a\nb", "a\rb", "a\0b"]) {
        await assert.rejects(client.request(post(server.url, { headers: { "x-a": bad } })));
        await assert.rejects(client.request(post(server.url, { headers: { [bad]: "a" } })));
        await assert.rejects(client.request(post(server.url, { method: bad })));
        await assert.rejects(client.request(post(`${server.url}/${bad}`)));
      }
      assert.equal(server.requests.length, 0);
    },
  ),
];
