// The runtime's own HTTP clients behind our interface: what ours is compared with.
import http from "node:http";
import https from "node:https";
import type { ReplyBody } from "../../src/core/backend.ts";
import type { HttpClient, HttpClientOptions } from "../../src/lib/http-client.ts";

/** node:http without a limit on sockets; ours until it had sockets of its own. */
export function nodeHttp({ maxIdleConns, idleConnTimeout, ca }: HttpClientOptions): HttpClient {
  const pool = {
    keepAlive: true,
    maxSockets: Number.POSITIVE_INFINITY,
    maxFreeSockets: maxIdleConns,
    timeout: idleConnTimeout,
  };
  const plain = new http.Agent(pool);
  const secure = new https.Agent({ ...pool, ...(ca === undefined ? {} : { ca }) });
  return {
    async request({ method, url, headers, body, signal }) {
      const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<HttpClient["request"]>>>();
      const tls = url.startsWith("https:");
      const options = { method, headers, signal, agent: tls ? secure : plain, maxHeaderSize: 64 * 1024 };
      const outgoing = (tls ? https : http).request(url, options, (response) => {
        response.on("error", () => {});
        const raw = new Headers();
        for (let i = 0; i + 1 < response.rawHeaders.length; i += 2) {
          raw.append(response.rawHeaders[i] ?? "", response.rawHeaders[i + 1] ?? "");
        }
        resolve({
          status: response.statusCode ?? 0,
          headers: new Map(raw),
          body: inPieces(response),
          framing: "length",
        });
      });
      outgoing.on("error", reject);
      outgoing.once("upgrade", (_response, socket) => {
        socket.destroy();
        reject(new Error("upgraded"));
      });
      outgoing.end(body);
      return promise;
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

export function fetchClient({ ca }: HttpClientOptions): HttpClient {
  return {
    async request({ method, url, headers, body, signal }) {
      const tls = ca === undefined ? {} : { tls: { ca } };
      const sent = body === undefined ? {} : { body: new Uint8Array(body) };
      const response = await fetch(url, { method, headers, signal, redirect: "manual", ...sent, ...tls });
      const pieces = response.body ?? new Blob([]).stream();
      return { status: response.status, headers: new Map(response.headers), body: inPieces(pieces), framing: "length" };
    },
    close() {},
  };
}

function inPieces(body: AsyncIterable<Uint8Array>): ReplyBody {
  return { whole: () => undefined, [Symbol.asyncIterator]: () => body[Symbol.asyncIterator]() };
}
