// Binds a handler to a port or a socket, and stops it in two ways: when its work is done, or now.
import { messageOf } from "../core/errors.ts";
import { HttpError } from "./errors.ts";

/** The connection that a request came on. */
export interface Connection {
  /** From now on silence is no reason to close it: a first token may be slow. Deadlines are set where work is done. */
  busy(): void;
  /** The answer has ended: from now on silence closes it. */
  idle(): void;
}

export type Handler = (request: Request, connection: Connection) => Promise<Response>;

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Requests whose answers have not ended. */
  pending(): number;
  /** Takes no new connection; resolves when what runs has ended. */
  drain(): Promise<void>;
  /** Ends every connection now. */
  stop(): Promise<void>;
}

/** Idle connections between requests are closed after this; a request under way is never idle. */
const KEEP_ALIVE_SECONDS = 120;

export function listen(at: { host: string; port: number }, handle: Handler): Listener {
  try {
    const server = Bun.serve({
      hostname: at.host,
      port: at.port,
      idleTimeout: KEEP_ALIVE_SECONDS,
      // Bodies are limited route by route, while they are read; Bun's own refusal would not be JSON.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      development: false,
      // Else a second node would share the port in silence, with nonces of its own.
      reusePort: false,
      fetch: (request, self) =>
        handle(request, {
          busy: () => self.timeout(request, 0),
          idle: () => self.timeout(request, KEEP_ALIVE_SECONDS),
        }),
    });
    return {
      host: at.host,
      port: server.port ?? at.port,
      pending: () => server.pendingRequests,
      drain: () => server.stop(false),
      stop: () => server.stop(true),
    };
  } catch (cause) {
    throw new HttpError("address_in_use", 500, `cannot listen on ${at.host}:${at.port}: ${messageOf(cause)}`, {
      cause,
      hint: "Is another program, or another fxn, on that port? Is the address one of this machine's?",
    });
  }
}
