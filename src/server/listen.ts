// Binds a handler to a port or a socket, and stops it in two ways: when its work is done, or now.
import { messageOf } from "../core/errors.ts";
import { HttpError } from "./errors.ts";

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

export function listen(at: { host: string; port: number }, handle: (request: Request) => Promise<Response>): Listener {
  try {
    const server = Bun.serve({
      hostname: at.host,
      port: at.port,
      idleTimeout: KEEP_ALIVE_SECONDS,
      // Bodies are limited route by route, while they are read; Bun's own refusal would not be JSON.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      development: false,
      fetch: (request, self) => {
        // A slow first token is no idle connection: deadlines are set where the work is done.
        self.timeout(request, 0);
        return handle(request);
      },
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
