// Binds a handler to a port or a socket, and stops it in two ways: when its work is done, or now.
import { type Clock, sleep, systemClock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { retried } from "../lib/retried.ts";
import { steerToLast, steerToOneOfLast } from "../lib/steer-connections.ts";
import type { TlsTexts } from "../lib/tls-files.ts";
import { HttpError } from "./errors.ts";

/** The connections that requests come on. */
export interface Connections {
  /** From now on silence is no reason to close it: a first token may be slow. Deadlines are set where work is done. */
  busy(request: Request): void;
  /** The answer has ended: from now on silence closes it. */
  idle(request: Request): void;
  /** The other side of the connection; undefined when it has gone. */
  peer(request: Request): string | undefined;
}

export type Handler = (request: Request, connections: Connections) => Promise<Response>;

/** What listens, be it one process or several. */
export interface PublicListener {
  readonly host: string;
  readonly port: number;
  /** Takes no new connection; resolves when what runs has ended, or after the deadline with how many had not. */
  drain(deadlineMs: number): Promise<number>;
  /**
   * New connections go to `others`, which joined this port last. What comes on the old ones is served, and they are
   * closed with their answers. Resolves when nothing came for a while, or after the deadline; then `leave` it. Linux only.
   */
  makeWay(others: number, deadlineMs: number): Promise<void>;
  /** Closes; while it does, new connections go to one of `others`. Resolves with how many requests were cut off. */
  leave(others: number): Promise<number>;
  /** Ends every connection now. */
  stop(): Promise<void>;
}

/** A port that another node may have been on before. */
export interface NodeListener extends PublicListener {
  /** That one has left it: the kernel may deal connections to all that listen now. */
  alone(): void;
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
  /** PEM texts; undefined: plain HTTP. */
  readonly tls?: TlsTexts | undefined;
}

/** Idle connections between requests are closed after this; a request under way is never idle. */
const KEEP_ALIVE_SECONDS = 120;

const DRAIN_POLL_MS = 20;

/** Callers that hold a connection open get so long to send the request whose answer closes it. */
const FAREWELL_MS = 5000;
/** Until what the kernel had made before it was told better has been accepted, and has asked. */
const LAST_CALL_MS = 200;

/** How long a port may be about to become free: the workers of a node that was killed end a moment after it. */
const PORT_LIMIT_MS = 500;

/** A shared port would be shared with another node as well, in silence. Throws HttpError when somebody has it. */
export async function refuseTakenPort(at: ListenAt, clock: Clock): Promise<void> {
  const refuse = async () => new Response(null, { status: 503 });
  const alone = await retried(() => listen({ ...at, shared: false }, refuse), PORT_LIMIT_MS, clock);
  await alone.stop();
}

/** Throws HttpError when the address is taken or none of this machine's. */
export function listen(at: ListenAt, handle: Handler, clock: Clock = systemClock): Listener {
  let leaving = false;
  try {
    const connections: Connections = {
      busy: (request) => server.timeout(request, 0),
      idle: (request) => server.timeout(request, KEEP_ALIVE_SECONDS),
      peer: (request) => server.requestIP(request)?.address,
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
      ...(at.tls && { tls: tlsOf(at.tls) }),
      fetch: (request) => (leaving ? lastOf(handle(request, connections)) : handle(request, connections)),
    });
    const port = server.port ?? at.port;
    const drain = async (deadlineMs: number) => {
      const end = clock.monotonic() + deadlineMs;
      void server.stop(false);
      while (server.pendingRequests > 0 && clock.monotonic() < end) await sleep(clock, DRAIN_POLL_MS);
      return server.pendingRequests;
    };
    return {
      host: at.host,
      port,
      pending: () => server.pendingRequests,
      drain,
      async makeWay(others, deadlineMs) {
        steerToLast(port, others);
        leaving = true;
        const end = clock.monotonic() + deadlineMs;
        for (let last = clock.monotonic(), now = last; now < end && now - last < FAREWELL_MS; now = clock.monotonic()) {
          await sleep(clock, DRAIN_POLL_MS);
          if (server.pendingRequests > 0) last = clock.monotonic();
        }
      },
      async leave(others) {
        steerToOneOfLast(port, others);
        await sleep(clock, LAST_CALL_MS);
        return drain(LAST_CALL_MS);
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

function tlsOf({ cert, key, clientCa }: TlsTexts) {
  if (clientCa === undefined) return { cert, key };
  return { cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: true };
}

/** The connection closes with it. */
async function lastOf(answer: Promise<Response>): Promise<Response> {
  const response = await answer;
  response.headers.set("connection", "close");
  return response;
}
