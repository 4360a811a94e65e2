// The listener of one network of its own accord: its routes to the letter, its own words for errors, one access log line.
import type { Clock } from "../core/clock.ts";
import { FxnError, messageOf } from "../core/errors.ts";
import { requestId } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { CallNote, OwnListen, Route } from "../core/network.ts";
import { Deadlines } from "../lib/deadlines.ts";
import { type BodyBudget, leavesMuchUnread, readBody } from "./body.ts";
import { HttpError } from "./errors.ts";
import type { Connections, Handler } from "./listen.ts";
import { targetOf } from "./target.ts";

export interface OwnAppPorts {
  readonly network: string;
  readonly routes: readonly Route[];
  readonly listen: OwnListen;
  /** Of all bodies of this network. */
  readonly budget: BodyBudget;
  /** Of a body that begins to arrive now. */
  readonly bodyTimeoutMs: () => number;
  /** Why no call is taken now. */
  readonly closed: () => keyof typeof CLOSED | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** Method and path are compared as they were sent: a query or a slash more is another URL. */
export function createOwnApp(ports: OwnAppPorts): Handler {
  const { network, listen, budget, bodyTimeoutMs, clock, log } = ports;
  const deadlines = new Deadlines(clock);
  const routes = new Map(ports.routes.map((route) => [`${route.method} ${listen.path}${route.path}`, route]));

  return async function serve(request: Request, connections: Connections): Promise<Response> {
    const started = clock.monotonic();
    const id = requestId(clock.now());
    const { path, search } = targetOf(request.url);
    const { method, headers, signal } = request;
    const note: CallNote = {};
    let held = 0;
    let open = false;
    // Answers may be silent for long: deadlines are set where work is done.
    connections.busy(request);
    const finish = () => {
      budget.give(held);
      held = 0;
      connections.idle(request);
    };
    const call = {
      ...{ id, method, path: path.slice(listen.path.length), search, headers, signal, note },
      async body(onPart?: (part: Uint8Array) => void) {
        const limits = { maxBytes: route?.maxBody ?? 0, timeoutMs: bodyTimeoutMs() };
        const bytes = await readBody(request, limits, { budget, deadlines }, onPart);
        held = bytes.length;
        return bytes;
      },
      holdOpen() {
        open = true;
        return finish;
      },
    };
    const route = search === "" ? routes.get(`${method} ${path}`) : undefined;
    let response: Response;
    try {
      if (!route) throw new HttpError("unknown_url", 404, `Unknown request URL: ${method} ${path}`);
      const closed = ports.closed();
      if (closed) throw new HttpError(closed, 503, CLOSED[closed], CLOSE);
      response = await route.handle(call);
    } catch (error) {
      const typed = error instanceof FxnError ? error : internal(error, id, log);
      note.reason = typed.code;
      response = listen.failure(typed);
      if (leavesMuchUnread(request)) response.headers.set("connection", "close");
    }
    if (!open) finish();
    const { status } = response;
    const fields = {
      id,
      network,
      method,
      path: route?.path ?? "unknown",
      status,
      caller: note.caller,
      reason: note.reason,
    };
    log.info({ ...fields, ms: Math.round(10 * (clock.monotonic() - started)) / 10 }, "request");
    return response;
  };
}

const CLOSED = {
  draining: "this node is stopping",
  network_failed: "this network has failed, and begins anew",
} as const;
const CLOSE = { headers: { Connection: "close", "Retry-After": "5" } };

/** What we did not expect is ours to find in the log, and shows nothing. */
function internal(error: unknown, id: string, log: Log): FxnError {
  const stack = error instanceof Error ? error.stack : undefined;
  log.error({ id, error: messageOf(error), stack }, "request failed");
  return new FxnError("internal_error", 500, "internal error");
}
