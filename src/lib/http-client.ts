// The HTTP client for model servers: a keep-alive pool without a limit on requests, a deadline for each phase, typed failures.
import http from "node:http";
import https from "node:https";
import type { Readable } from "node:stream";
import { type Clock, systemClock } from "../core/clock.ts";
import { decodeResponse, type Framing } from "./http-body.ts";
import { failureBeforeAnswer, failureInBody, type HttpClientCode, HttpClientError } from "./http-error.ts";

/** All times are milliseconds. */
export interface HttpClientOptions {
  /** Idle connections kept open to each origin. */
  readonly maxIdleConns: number;
  readonly idleConnTimeout: number;
  readonly connectTimeout: number;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  /** Closes the connection at once, in whatever phase. */
  readonly signal: AbortSignal;
  /** From the connection to the headers of the answer, and again to the first byte of its body. */
  readonly firstByteTimeoutMs: number;
  /** Between two chunks of the body, while somebody reads it. */
  readonly idleTimeoutMs: number;
}

export interface HttpReply {
  readonly status: number;
  /** End-to-end ones only. */
  readonly headers: Headers;
  /** Plain bytes as they come; throws HttpClientError. Read it or abort: until then it holds a connection. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly framing: Framing;
}

export interface HttpClient {
  /** Any status is an answer, redirects too; HttpClientError when there is none. */
  request(request: HttpRequest): Promise<HttpReply>;
  /** Closes idle connections; requests under way go on. */
  close(): void;
}

/** Room for proxies that add much; Node's own default is 16 KB. */
const MAX_HEADER_BYTES = 64 * 1024;

// node:http and not fetch: Bun's fetch serves at most 256 requests at a time, and cannot tell a cut body from its end.
export function createHttpClient(options: HttpClientOptions, clock: Clock = systemClock): HttpClient {
  const pool = {
    keepAlive: options.maxIdleConns > 0,
    maxSockets: Number.POSITIVE_INFINITY,
    maxFreeSockets: Math.max(1, options.maxIdleConns),
    timeout: options.idleConnTimeout,
  };
  const plain = new http.Agent(pool);
  const secure = new https.Agent(pool);

  function exchange(request: HttpRequest, fresh: boolean): Promise<HttpReply> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
    const url = new URL(request.url);
    const tls = url.protocol === "https:";
    const { host } = url;
    const outgoing = (tls ? https : http).request(url, {
      method: request.method,
      headers: request.headers,
      agent: fresh ? false : tls ? secure : plain,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    let incoming: http.IncomingMessage | undefined;
    let connected = false;
    /** What the connection had read before, when it is a kept one. */
    let bytesBefore = 0;
    let cancelTimer = () => {};

    const stop = (code: HttpClientCode, why: string) => {
      const error = new HttpClientError(code, host, why);
      if (incoming) incoming.destroy(error);
      else outgoing.destroy(error);
    };
    const arm = (ms: number, code: HttpClientCode, why: string) => {
      cancelTimer();
      cancelTimer = clock.after(ms, () => stop(code, `${why} within ${ms} ms`));
    };
    const onAbort = () => stop("aborted", "the request was cancelled");
    const release = () => {
      cancelTimer();
      request.signal.removeEventListener("abort", onAbort);
    };
    const onConnected = () => {
      connected = true;
      arm(request.firstByteTimeoutMs, "first_byte_timeout", "no answer");
    };

    request.signal.addEventListener("abort", onAbort, { once: true });
    arm(options.connectTimeout, "connect_timeout", "no connection");
    outgoing.once("socket", (socket) => {
      bytesBefore = socket.bytesRead;
      if (outgoing.reusedSocket) onConnected();
      else socket.once(tls ? "secureConnect" : "connect", onConnected);
    });
    const fail = (error: unknown) => {
      release();
      const failure = failureBeforeAnswer(error, host, connected);
      // Most likely the server closed a kept connection just as it was used again, and has seen nothing of this request.
      const silent = outgoing.socket?.bytesRead === bytesBefore;
      const stale = failure.code === "reset" && outgoing.reusedSocket && silent && !fresh;
      if (stale) resolve(exchange(request, true));
      else reject(failure);
    };
    outgoing.on("error", (error) => {
      // A reset can reach the request after its answer has begun; the body must not then look as if it had ended.
      if (incoming) incoming.destroy(error);
      else fail(error);
    });
    outgoing.once("upgrade", (_response, socket) => {
      socket.destroy();
      fail(new HttpClientError("bad_response", host, "it switched to another protocol, unasked"));
    });
    outgoing.once("response", (response) => {
      cancelTimer();
      incoming = response;
      // Without a listener, an error that comes before anybody reads would end the process; who reads gets it anyway.
      response.on("error", () => {});
      const status = response.statusCode ?? 0;
      const hasBody = request.method !== "HEAD" && status !== 204 && status !== 304;
      const { headers, framing, source } = decodeResponse(response, hasBody);
      const silence = {
        before: () => arm(request.firstByteTimeoutMs, "idle_timeout", "silent after its headers: nothing"),
        begin: () => arm(request.idleTimeoutMs, "idle_timeout", "silent in the middle of its answer: nothing"),
        end: () => cancelTimer(),
      };
      resolve({ status, headers, framing, body: bodyOf(response, source, host, silence, release) });
    });
    outgoing.end(request.body);
    return promise;
  }

  return {
    async request(request) {
      if (request.signal.aborted) {
        throw new HttpClientError("aborted", new URL(request.url).host, "the request was cancelled");
      }
      return exchange(request, false);
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

async function* bodyOf(
  response: http.IncomingMessage,
  source: Readable,
  host: string,
  silence: { before(): void; begin(): void; end(): void },
  release: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    silence.before();
    for await (const chunk of source) {
      silence.end();
      yield chunk;
      silence.begin();
    }
  } catch (error) {
    throw failureInBody(error, host);
  } finally {
    release();
    if (!response.complete) response.destroy();
  }
}
