// Binds a handler to a port or a socket, and stops it in two ways: when its work is done, or now.
import { type Clock, sleep, systemClock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { HttpError } from "./errors.ts";

/** The connections that requests come on. */
export interface Connections {
  /** From now on silence is no reason to close it: a first token may be slow. Deadlines are set where work is done. */
  busy(request: Request): void;
  /** The answer has ended: from now on silence closes it. */
  idle(request: Request): void;
}

export type Handler = (request: Request, connections: Connections) => Promise<Response>;

/** What listens, be it one process or several. */
export interface PublicListener {
  readonly host: string;
  readonly port: number;
  /** Takes no new connection; resolves when what runs has ended, or after the deadline with how many had not. */
  drain(deadlineMs: number): Promise<number>;
  /** Ends every connection now. */
  stop(): Promise<void>;
}

export interface Listener extends PublicListener {
  /** Requests whose answers have not ended. */
  pending(): number;
}

export interface ListenAt {
  readonly host: string;
  readonly port: number;
  /** Other processes of this node listen there too: the operating system shares the connections out. */
  readonly shared?: boolean;
}

/** Idle connections between requests are closed after this; a request under way is never idle. */
const KEEP_ALIVE_SECONDS = 120;

const DRAIN_POLL_MS = 20;

/** Throws HttpError when the address is taken or none of this machine's. */
export function listen(at: ListenAt, handle: Handler, clock: Clock = systemClock): Listener {
  try {
    const connections: Connections = {
      busy: (request) => server.timeout(request, 0),
      idle: (request) => server.timeout(request, KEEP_ALIVE_SECONDS),
    };
    const server = Bun.serve({
      hostname: at.host,
      port: at.port,
      idleTimeout: KEEP_ALIVE_SECONDS,
      // Bodies are limited route by route, while they are read; Bun's own refusal would not be JSON.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      development: false,
      // Unless it is meant so: a second node would share the port in silence, with nonces of its own.
      reusePort: at.shared === true,
      fetch: (request) => handle(request, connections),
    });
    return {
      host: at.host,
      port: server.port ?? at.port,
      pending: () => server.pendingRequests,
      async drain(deadlineMs) {
        const end = clock.monotonic() + deadlineMs;
        void server.stop(false);
        while (server.pendingRequests > 0 && clock.monotonic() < end) await sleep(clock, DRAIN_POLL_MS);
        return server.pendingRequests;
      },
      stop: () => server.stop(true),
    };
  } catch (cause) {
    throw new HttpError("address_in_use", 500, `cannot listen on ${at.host}:${at.port}: ${messageOf(cause)}`, {
      cause,
      hint: "Is another program, or another fxn, on that port? Is the address one of this machine's?",
    });
  }
}
