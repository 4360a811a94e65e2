// The one outbound fetch: a deadline over headers and body, a cap on bytes, redirects only for who asks, errors that show only the host.
import type { Clock } from "../core/clock.ts";
import { FxnError } from "../core/errors.ts";

export type FetchCode = "fetch_refused" | "fetch_failed" | "fetch_timeout" | "fetch_too_large" | "fetch_aborted";

/** Messages begin with the URL's host and never hold its path, query or credentials: those hold API keys. */
export class FetchError extends FxnError<FetchCode> {}

export interface FetchLimits {
  /** From the call to the last byte of the body. */
  readonly timeoutMs: number;
  /** Largest body, counted after decompression. */
  readonly maxBytes: number;
}

export interface FetchOptions extends FetchLimits {
  readonly method?: string;
  readonly headers?: Headers | Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal;
  /** "answer": a redirect is the answer, for the caller to look at; default: it is refused. Nothing follows one by itself. */
  readonly redirects?: "answer";
  /** Sees the body's bytes as they come, for an answer that may have no end. */
  readonly onPart?: (part: Uint8Array) => void;
}

export interface FetchReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Any HTTP status is an answer; FetchError when there is none. */
export type Fetch = (url: string, options: FetchOptions) => Promise<FetchReply>;

const REASON: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  ENOTFOUND: "no such host",
  UnexpectedRedirect: "it answered with a redirect, which is not followed",
};

export function createFetch(clock: Clock): Fetch {
  return async (url, { timeoutMs, maxBytes, signal, redirects, onPart, ...init }) => {
    const host = httpHost(url);
    const controller = new AbortController();
    const stop = (code: FetchCode, status: number, why: string) =>
      controller.abort(new FetchError(code, status, `${host}: ${why}`));
    const onAbort = () => stop("fetch_aborted", 499, "the request was cancelled");
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    const cancelTimer = clock.after(timeoutMs, () => stop("fetch_timeout", 504, `no answer within ${timeoutMs} ms`));
    try {
      const response = await fetch(url, {
        ...init,
        redirect: redirects === "answer" ? "manual" : "error",
        signal: controller.signal,
      });
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of response.body ?? []) {
        bytes += chunk.length;
        if (bytes > maxBytes) stop("fetch_too_large", 502, `the answer is larger than ${maxBytes} bytes`);
        controller.signal.throwIfAborted();
        onPart?.(chunk);
        chunks.push(chunk);
      }
      return { status: response.status, headers: response.headers, body: new Uint8Array(Buffer.concat(chunks)) };
    } catch (error) {
      // The runtime's own message holds the whole URL, so only its code is kept, and no cause.
      if (!controller.signal.aborted) stop("fetch_failed", 502, reasonOf(error));
      throw controller.signal.reason;
    } finally {
      cancelTimer();
      signal?.removeEventListener("abort", onAbort);
    }
  };
}

/** The same as a standard `fetch` function, for a library that takes one. */
export function standardFetch(
  send: Fetch,
  limits: FetchLimits,
): (input: string | URL | Request, init?: RequestInit) => Promise<Response> {
  return async (input, init) => {
    const request = input instanceof Request ? new Request(input, init) : new Request(String(input), init);
    const { url, method, headers, signal } = request;
    const body = request.body ? { body: new Uint8Array(await request.arrayBuffer()) } : {};
    const reply = await send(url, { method, headers, signal, ...body, ...limits });
    // A Response with one of the statuses that have no body refuses even an empty one.
    return new Response(reply.body.length > 0 ? reply.body : null, { status: reply.status, headers: reply.headers });
  };
}

/** The runtime's fetch also reads file:, data:, blob: and s3: URLs. */
function httpHost(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === "http:" || parsed?.protocol === "https:") return parsed.host;
  throw new FetchError("fetch_refused", 400, "only http:// and https:// URLs can be fetched");
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASON[code] ?? (/^[A-Za-z0-9_]+$/.test(code) ? `connection failed (${code})` : "connection failed");
}
