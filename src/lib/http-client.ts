// The HTTP client for model servers: a keep-alive pool without a limit on requests, a deadline for each phase, typed failures.
import type { BackendReply } from "../core/backend.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { Deadlines } from "./deadlines.ts";
import { Connection } from "./http-client/connection.ts";
import { Exchange, type ExchangePorts } from "./http-client/exchange.ts";
import { Pool } from "./http-client/pool.ts";
import { requestBytes, requestHead } from "./http-client/request-head.ts";
import { type Origin, Targets } from "./http-client/target.ts";
import { HttpClientError } from "./http-error.ts";

/** All times are milliseconds. */
export interface HttpClientLimits {
  /** Idle connections kept open to each origin. */
  readonly maxIdleConns: number;
  readonly idleConnTimeout: number;
  readonly connectTimeout: number;
}

export interface HttpClientOptions extends HttpClientLimits {
  /** PEM of the only authorities to trust, instead of the system's. */
  readonly ca?: string;
  /** PEM of the one certificate that the server must show, whatever name stands in it. */
  readonly pinned?: string;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  /** What frames the message (Host, Content-Length, Transfer-Encoding, Connection) is the client's own and left out. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  /** Closes the connection at once, in whatever phase. */
  readonly signal: AbortSignal;
  /** From the connection to the headers of the answer, and again to the first byte of its body. */
  readonly firstByteTimeoutMs: number;
  /** Between two chunks of the body, while somebody reads it. */
  readonly idleTimeoutMs: number;
}

/** Headers are end-to-end ones only; the body throws HttpClientError. Read it or abort: until then it may hold a connection. */
export type HttpReply = BackendReply;

export interface HttpClient {
  /**
   * Any status is an answer, redirects too; HttpClientError when there is none, HttpRequestError when it cannot be asked.
   */
  request(request: HttpRequest): Promise<HttpReply>;
  /** Closes idle connections; requests under way go on. */
  close(): void;
}

export interface LimitedHttpClient extends HttpClient {
  /** For requests that begin from now on, and connections that are idle. */
  limitTo(limits: HttpClientLimits): void;
}

// Sockets of our own and neither fetch nor node:http: ARCHITECTURE.md, "Upstream".
export function createHttpClient(options: HttpClientOptions, clock: Clock = systemClock): LimitedHttpClient {
  const targets = new Targets();
  const deadlines = new Deadlines(clock);
  const pool = new Pool(options, deadlines);
  const give: ExchangePorts["give"] = (connection) => pool.give(connection);
  let limits: HttpClientLimits = options;

  return {
    async request(request) {
      const target = targets.of(request.url);
      const { origin } = target;
      const bytes = requestBytes(requestHead(request, target, limits.maxIdleConns > 0), request.body);
      const exchangeOn = (connection = new Connection(origin, options)) =>
        new Exchange(request, bytes, connection, { deadlines, give, connectTimeout: limits.connectTimeout });
      throwIfAborted(request.signal, origin);
      const kept = pool.take(origin);
      const exchange = exchangeOn(kept);
      if (!kept) return exchange.reply;
      try {
        return await exchange.reply;
      } catch (error) {
        // Most likely the server closed a kept connection just as it was used again, and has seen nothing of this request.
        const stale = error instanceof HttpClientError && error.code === "reset" && exchange.silent;
        if (!stale) throw error;
        throwIfAborted(request.signal, origin);
        return await exchangeOn().reply;
      }
    },
    limitTo(next) {
      limits = next;
      pool.limitTo(next);
    },
    close: () => pool.close(),
  };
}

function throwIfAborted(signal: AbortSignal, { host }: Origin): void {
  if (signal.aborted) throw new HttpClientError("aborted", host, "the request was cancelled");
}
