// HTTP clients: early ends, whatever ends first; TLS.
import assert from "node:assert/strict";
import { AUTHORITY, CERTIFICATE, CERTIFICATE_KEY } from "../fakes/certificate.ts";
import { RawServer, type RawServerOptions } from "../fakes/raw-server.ts";
import { CHUNKED, type HttpClientCase, OK, OPTIONS, post, sleep, talk, textOf } from "./http-case.ts";

const TLS: RawServerOptions = { tls: { cert: CERTIFICATE, key: CERTIFICATE_KEY } };
const CUT = ["HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 5\r\n\r\nhello", `${CHUNKED}5\r\nhello\r\n0\r\nt: u\r\n\r\n`];

export const ENDINGS: readonly HttpClientCase[] = [
  ...CUT.map((bytes, i) => cutEverywhere(i === 0 ? "with a length" : "in chunks", bytes)),
  talk(
    "a server that closes its half keeps what it said",
    (socket) => {
      // With allowHalfOpen unset it still reads until the client closes too.
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no");
      setTimeout(() => socket.end("k"), 20);
    },
    async ({ ask }) => {
      for (let i = 0; i < 2; i++) assert.equal(await ask(), "ok");
    },
  ),
  talk(
    "32 MB of request arrive whole",
    (socket, request) => {
      const body = request.slice(request.indexOf("\r\n\r\n") + 4);
      const hash = new Bun.CryptoHasher("sha256").update(body, "latin1").digest("hex");
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 64\r\n\r\n${hash}`);
    },
    async ({ ask }) => {
      const body = crypto
        .getRandomValues(Buffer.alloc(64 * 1024))
        .toString("latin1")
        .repeat(512);
      const bytes = Buffer.from(body, "latin1");
      assert.equal(await ask({ body: bytes }), new Bun.CryptoHasher("sha256").update(bytes).digest("hex"));
    },
  ),
  talk(
    "an answer before the request is out: it is had, and the connection is not used again",
    () => {},
    async ({ server, ask }) => {
      const body = Buffer.alloc(32 << 20);
      assert.equal(await ask({ body }), "ok");
      assert.equal(await ask(), "ok");
      assert.equal(server.connections, 2);
    },
    {},
    {
      greet: (socket) => {
        socket.pause();
        socket.write(OK);
      },
    },
  ),
];

export const SECURE: readonly HttpClientCase[] = [
  talk(
    "TLS, with an address in the certificate",
    (socket) => socket.write(OK),
    async ({ server, ask }) => {
      for (let i = 0; i < 3; i++) assert.equal(await ask(), "ok");
      assert.equal(server.connections, 1);
    },
    { ca: AUTHORITY },
    TLS,
  ),
  talk(
    "TLS: 20 MB to a reader that stops now and then",
    (socket) => {
      const sent = blocks(20 << 20);
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${sent.length}\r\n\r\n`);
      socket.write(sent);
    },
    async ({ server, client }) => {
      const { body } = await client.request(post(server.url));
      const hash = new Bun.CryptoHasher("sha256");
      let pieces = 0;
      for await (const piece of body) {
        hash.update(piece);
        if (pieces++ % 50 === 0) await sleep(5);
      }
      assert.equal(hash.digest("hex"), new Bun.CryptoHasher("sha256").update(blocks(20 << 20)).digest("hex"));
    },
    { ca: AUTHORITY },
    TLS,
  ),
  talk(
    "attack: a certificate for another name",
    (socket) => socket.write(OK),
    async ({ server, client }) => {
      await assert.rejects(client.request(post(server.url.replace("127.0.0.1", "localhost"))));
      assert.equal(server.requests.length, 0);
    },
    { ca: AUTHORITY },
    TLS,
  ),
  talk(
    "attack: a certificate of an unknown authority, and an environment that says never mind",
    (socket) => socket.write(OK),
    async ({ server, ask }) => {
      const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
      try {
        await assert.rejects(ask());
      } finally {
        if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
        else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
      }
      assert.equal(server.requests.length, 0);
    },
    {},
    TLS,
  ),
];

/** Ended behind each byte, the last one excepted: never an answer that looks whole. */
function cutEverywhere(how: string, bytes: string): HttpClientCase {
  return {
    name: `an answer ${how}, cut behind each byte`,
    async run(open) {
      let length = 0;
      using server = await RawServer.start((socket) => socket.end(bytes.slice(0, length)));
      const client = open(OPTIONS);
      for (length = 1; length < bytes.length; length++) {
        await assert.rejects(client.request(post(server.url)).then(textOf), `after ${length} bytes`);
      }
      assert.equal(await textOf(await client.request(post(server.url))), "hello");
      client.close();
    },
  };
}

/** The same bytes at each call, in which a piece that is lost, doubled or moved shows. */
function blocks(bytes: number): Buffer {
  return Buffer.alloc(bytes, Buffer.from(Array.from({ length: 65_521 }, (_, i) => (i * i) % 251)));
}
