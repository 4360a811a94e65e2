// What a case of the HTTP clients' conformance is made of: a server's script, and what a client must see of it.
import assert from "node:assert/strict";
import type { HttpClient, HttpClientOptions, HttpReply, HttpRequest } from "../../src/lib/http-client.ts";
import { RawServer, type RawServerOptions, type Script } from "../fakes/raw-server.ts";

export type OpenClient = (options: HttpClientOptions) => HttpClient;

export interface HttpClientCase {
  readonly name: string;
  /** Rejects when the client does otherwise. */
  run(open: OpenClient): Promise<void>;
}

export const OPTIONS: HttpClientOptions = { maxIdleConns: 10, idleConnTimeout: 5000, connectTimeout: 20_000 };
export const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
export const CHUNKED = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export function post(url: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/json" },
    body: Buffer.from(`{"a":1}`),
    signal: new AbortController().signal,
    firstByteTimeoutMs: 20_000,
    idleTimeoutMs: 20_000,
    ...more,
  };
}

export async function textOf(reply: HttpReply): Promise<string> {
  const ready = reply.body.whole();
  return Buffer.concat(ready ? [ready] : await Array.fromAsync(reply.body)).toString();
}

interface Talk {
  readonly server: RawServer;
  readonly client: HttpClient;
  /** The whole answer's text. */
  ask(more?: Partial<HttpRequest>): Promise<string>;
}

/** A case that is a server's script and what a client sees of it. */
export function talk(
  name: string,
  script: Script,
  body: (talk: Talk) => Promise<void>,
  options: Partial<HttpClientOptions> = {},
  serverOptions: RawServerOptions = {},
): HttpClientCase {
  return {
    name,
    async run(open) {
      using server = await RawServer.start(script, serverOptions);
      const client = open({ ...OPTIONS, ...options });
      try {
        await body({ server, client, ask: async (more) => textOf(await client.request(post(server.url, more))) });
      } finally {
        client.close();
      }
    },
  };
}

/** One answer's bytes, and the body that they are. */
export function answers(name: string, bytes: string | Buffer, expected: string): HttpClientCase {
  return talk(
    name,
    (socket) => socket.write(bytes, "latin1"),
    async ({ ask }) => assert.equal(await ask(), expected),
  );
}

/** An answer that has no meaning, or two: it must fail, and its connection must never be used again. */
export function refuses(name: string, bytes: string): HttpClientCase {
  const script: Script = (socket, _request, nth) => socket.write(nth === 1 ? bytes : OK, "latin1");
  return talk(name, script, async ({ server, ask }) => {
    const patience = AbortSignal.timeout(3000);
    await assert.rejects(ask({ signal: patience }));
    assert.ok(!patience.aborted, "it waits for more");
    assert.equal(await ask(), "ok");
    assert.equal(server.connections, 2);
  });
}
