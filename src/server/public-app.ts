// The public listener: request ids, body limits, the networks' routes, one access log line, errors as JSON.
import { Elysia } from "elysia";
import { AuthError } from "../auth/errors.ts";
import type { Clock } from "../core/clock.ts";
import { FxnError, messageOf } from "../core/errors.ts";
import { requestId } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { CallNote, Route } from "../core/network.ts";
import { clientAddress } from "../lib/client-address.ts";
import { Deadlines } from "../lib/deadlines.ts";
import type { HttpMetrics } from "../observe/metrics/http.ts";
import type { Tracer } from "../observe/traces/tracer.ts";
import { type BodyBudget, leavesMuchUnread, readBody } from "./body.ts";
import { errorResponse, HttpError } from "./errors.ts";
import type { Connections, Handler } from "./listen.ts";
import { targetOf } from "./target.ts";

export interface PublicAppPorts {
  readonly routes: readonly Route[];
  readonly ready: () => boolean;
  /** True once the node has begun to stop: new work is refused, what runs may end. */
  readonly draining: () => boolean;
  readonly limits: {
    /** Of the listener: another app may take the place of this one while bodies are held. */
    readonly bodies: BodyBudget;
    /** Milliseconds that a body may take to arrive. */
    readonly bodyTimeout: number;
  };
  /** Whether an address is a proxy's that is believed about who called. */
  readonly isProxy: (address: string) => boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: HttpMetrics;
  /** Of the listener, for traces; default: http. */
  readonly scheme?: "http" | "https";
  /** undefined: requests are not traced. */
  readonly tracer?: Tracer | undefined;
}

/** Long before silence closes a connection (listen.ts). */
const BUSY_AFTER_MS = 30_000;

export function createPublicApp(ports: PublicAppPorts): Handler {
  const { clock, metrics } = ports;
  /** Of a listener that has this app, any that serves at the moment: the framework passes on the request alone. */
  let connections: Connections | undefined;
  const budget = ports.limits.bodies;
  const deadlines = new Deadlines(clock);
  const bodies = { budget, deadlines };
  // standardHostname: off, because it would misread URLs whose host has fewer than four letters.
  const app = new Elysia({ normalize: false, handler: { standardHostname: false } });
  app.onError(({ code, error, request }) => {
    if (code !== "NOT_FOUND") return failure(error, requestId(clock.now()), ports.log);
    return errorResponse(unknownUrl(request));
  });
  app.get("/health", () => Response.json({ status: "ok" }));
  app.get("/ready", () =>
    ports.ready() ? Response.json({ status: "ready" }) : Response.json({ status: "not ready" }, { status: 503 }),
  );
  for (const route of ports.routes) {
    app.route(route.method, route.path, ({ request }) => serve(route, request), { parse: "none" });
  }
  async function serve(route: Route, request: Request): Promise<Response> {
    const started = clock.monotonic();
    const id = requestId(clock.now());
    const { path, search } = targetOf(request.url);
    const note: CallNote = {};
    const trace = ports.tracer?.begin(`${request.method} ${route.path}`, request.headers, {
      "http.request.method": request.method,
      "http.route": route.path,
      "url.path": path,
      "url.scheme": ports.scheme ?? "http",
      "fxn.request.id": id,
    });
    let held = 0;
    const body = async (onPart?: (part: Uint8Array) => void) => {
      const bytes = await readBody(
        request,
        { maxBytes: route.maxBody, timeoutMs: ports.limits.bodyTimeout },
        bodies,
        onPart,
      );
      held = bytes.length;
      return bytes;
    };
    // An answer ends when its handler returns, unless the handler holds it open.
    let open = false;
    let finish: (() => void) | undefined;
    const holdOpen = () => {
      open = true;
      return () => {
        open = false;
        finish?.();
      };
    };
    const { method, headers, signal } = request;
    const peer = connections?.peer(request);
    const client = peer && clientAddress(peer, headers, ports.isProxy);
    // Most answers have ended long before a connection counts as idle.
    let busy = false;
    const slow = {
      expired() {
        busy = true;
        connections?.busy(request);
      },
    };
    deadlines.set(slow, BUSY_AFTER_MS);
    let response: Response;
    try {
      if (ports.draining()) throw draining();
      // The framework lets HEAD through to GET.
      if (method !== route.method) throw unknownUrl(request);
      response = await route.handle({ id, method, path, search, headers, signal, body, holdOpen, note, trace });
    } catch (error) {
      if (error instanceof FxnError) note.reason = error.code;
      if (error instanceof AuthError) metrics.refused.inc({ reason: error.code });
      response = failure(error, id, ports.log);
    }
    const { identified, ...noted } = note;
    if (!identified) response.headers.set("x-request-id", id);
    const { status } = response;
    metrics.requests.inc({ route: route.path, code: status });
    metrics.responses.inc({ endpoint: route.path, status_code: status });
    metrics.headersSeconds.record({ route: route.path }, (clock.monotonic() - started) / 1000);
    finish = () => {
      deadlines.clear(slow);
      if (busy) connections?.idle(request);
      trace?.end(status);
      // Not before: a retry may send the body again.
      budget.give(held);
      const ms = Math.round((clock.monotonic() - started) * 10) / 10;
      ports.log.info({ id, method, path, status, ms, client, ...noted }, "request");
    };
    if (!open) finish();
    return response;
  }

  return async (request, listenersOwn) => {
    connections = listenersOwn;
    readAsPlain(request);
    const response = await app.handle(request);
    if (leavesMuchUnread(request)) response.headers.set("connection", "close");
    return response;
  };
}

/** Without standardHostname the framework looks for the path behind as many letters as "http://" has, TLS or not. */
function readAsPlain(request: Request): void {
  const { url } = request;
  if (url.startsWith("https:")) Object.defineProperty(request, "url", { value: `http${url.slice("https".length)}` });
}

/** A typed error is shown as it is; anything else is ours to find in the log, and its causes always are. */
function failure(error: unknown, id: string, log: Log): Response {
  if (error instanceof FxnError) {
    if (error.status >= 500 || error.cause !== undefined) {
      const cause = error.cause === undefined ? undefined : messageOf(error.cause);
      log[error.status >= 500 ? "warn" : "debug"](
        { id, code: error.code, error: error.message, cause, hint: error.hint },
        "request refused",
      );
    }
  } else {
    log.error(
      { id, error: messageOf(error), stack: error instanceof Error ? error.stack : undefined },
      "request failed",
    );
  }
  return errorResponse(error);
}

function unknownUrl({ method, url }: Request): HttpError {
  return new HttpError("unknown_url", 404, `Unknown request URL: ${method} ${targetOf(url).path}`);
}

function draining(): HttpError {
  return new HttpError("draining", 503, "this node is stopping", {
    headers: { Connection: "close", "Retry-After": "5" },
  });
}
