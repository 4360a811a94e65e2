// The outbound fetch of which every connection goes through a SOCKS5 proxy; when that fails nothing else is tried.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock } from "../core/clock.ts";
import { FxnError } from "../core/errors.ts";
import { type Fetch, type FetchCode, FetchError, type FetchOptions, type FetchReply } from "./fetch.ts";
import { requestBytes, requestHead } from "./http-client/request-head.ts";
import { ResponseParser } from "./http-client/response-parser.ts";
import { type Target, Targets } from "./http-client/target.ts";
import { HttpRequestError } from "./http-error.ts";
import { connectThrough, type SocksProxy } from "./socks.ts";

export interface SocksFetchOptions {
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string;
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** Each host is asked with credentials of its own, made up here, so that Tor takes another path for it. */
export function createSocksFetch(proxy: SocksProxy, clock: Clock, { ca }: SocksFetchOptions = {}): Fetch {
  const targets = new Targets();
  const user = randomBytes(16).toString("hex");

  return async (url, options) => {
    const target = targetOf(targets, url);
    const { host } = target.origin;
    const controller = new AbortController();
    const stop = (code: FetchCode, status: number, why: string) =>
      controller.abort(new FetchError(code, status, `${host}: ${why}`));
    const onAbort = () => stop("fetch_aborted", 499, "the request was cancelled");
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener("abort", onAbort, { once: true });
    const { timeoutMs } = options;
    const cancelTimer = clock.after(timeoutMs, () => stop("fetch_timeout", 504, `no answer within ${timeoutMs} ms`));
    let socket: Socket | undefined;
    try {
      const bytes = bytesOf(options, target, url);
      const isolated = { credentials: { user, password: target.origin.key.slice(-255) }, ...proxy };
      const raw = await connectThrough(
        isolated,
        { host: target.origin.hostname, port: target.origin.port },
        controller.signal,
      );
      socket = raw;
      if (target.origin.tls) socket = await secured(raw, target.origin.hostname, ca, controller.signal);
      return await exchange(socket, bytes, options, controller.signal, (bytes) =>
        stop("fetch_too_large", 502, `the answer is larger than ${bytes} bytes`),
      );
    } catch (error) {
      if (!controller.signal.aborted) stop("fetch_failed", 502, reasonOf(error));
      throw controller.signal.reason;
    } finally {
      cancelTimer();
      options.signal?.removeEventListener("abort", onAbort);
      socket?.destroy();
    }
  };
}

function targetOf(targets: Targets, url: string): Target {
  try {
    return targets.of(url);
  } catch {
    throw new FetchError("fetch_refused", 400, "only http:// and https:// URLs can be fetched");
  }
}

function bytesOf({ method = "GET", headers, body }: FetchOptions, target: Target, url: string): readonly Uint8Array[] {
  const given = Object.fromEntries(new Headers(headers).entries());
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  if (typeof body === "string") given["content-type"] ??= "text/plain;charset=UTF-8";
  const request = {
    method,
    url,
    headers: { accept: "*/*", ...given, "accept-encoding": "identity" },
    body: bytes,
    signal: AbortSignal.abort(),
    firstByteTimeoutMs: 0,
    idleTimeoutMs: 0,
  };
  return requestBytes(requestHead(request, target, false), bytes);
}

/** The certificate must be good for the URL's host, whatever the proxy connects to. */
async function secured(socket: Socket, host: string, ca: string | undefined, signal: AbortSignal): Promise<Socket> {
  const tls = connectTls({
    socket,
    // Server names are no addresses (RFC 6066); the certificate is then held against the address itself.
    servername: isIP(host) ? "" : host,
    host,
    // Without this, $NODE_TLS_REJECT_UNAUTHORIZED would decide.
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
  });
  try {
    await once(tls, "secureConnect", { signal });
    return tls;
  } catch (error) {
    tls.on("error", () => undefined);
    tls.destroy();
    socket.destroy();
    throw error;
  }
}

function exchange(
  socket: Socket,
  bytes: readonly Uint8Array[],
  { method, maxBytes, redirects, onPart }: FetchOptions,
  signal: AbortSignal,
  tooLarge: (maxBytes: number) => void,
): Promise<FetchReply> {
  const { promise, resolve, reject } = Promise.withResolvers<FetchReply>();
  const chunks: Uint8Array[] = [];
  let [status, length] = [0, 0];
  const headers = new Headers();
  const parser = new ResponseParser(method === "HEAD", {
    head({ status: found, fields }) {
      status = found;
      if (redirects !== "answer" && REDIRECTS.includes(status))
        throw new SocksFetchFault("it answered with a redirect, which is not followed");
      for (let i = 0; i < fields.length; i += 2) headers.append(fields[i] ?? "", fields[i + 1] ?? "");
      const encoding = headers.get("content-encoding") ?? "identity";
      if (encoding !== "identity") throw new SocksFetchFault("it answered in an encoding that was not asked for");
    },
    body(part) {
      length += part.length;
      if (length > maxBytes) tooLarge(maxBytes);
      signal.throwIfAborted();
      onPart?.(part);
      chunks.push(part);
    },
  });
  const finish = () => resolve({ status, headers, body: new Uint8Array(Buffer.concat(chunks)) });
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  socket.on("error", reject);
  socket.on("data", (data: Buffer) => {
    try {
      parser.push(data);
      if (parser.done) finish();
    } catch (error) {
      reject(error);
    }
  });
  socket.on("end", () => {
    if (parser.end()) finish();
    else reject(new SocksFetchFault("the answer was cut"));
  });
  socket.on("close", () => reject(new SocksFetchFault("the connection was closed")));
  for (const part of bytes) socket.write(part);
  return promise.finally(() => signal.removeEventListener("abort", onAbort));
}

class SocksFetchFault extends FxnError<"socks_fetch"> {
  constructor(why: string) {
    super("socks_fetch", 502, why);
  }
}

/** The runtime's own words may quote what came. */
function reasonOf(error: unknown): string {
  if (error instanceof HttpRequestError || error instanceof FxnError) return error.message;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^[A-Za-z0-9_]+$/.test(code) ? `connection failed (${code})` : "connection failed";
}
