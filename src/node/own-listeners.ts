// Where networks of their own accord are called: a changed network takes the listener of the former over, and nobody is refused.
import { type Clock, sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { OwnListen } from "../core/network.ts";
import { type Handler, type NodeListener, refuseTakenPort } from "../server/listen.ts";
import { Certificate } from "./certificate.ts";
import { listenAlone } from "./listen-alone.ts";

/** One session's part in a listener. */
export interface OwnListener {
  readonly host: string;
  readonly port: number;
  /** Another session has taken it over. */
  readonly replaced: boolean;
  /** No new work comes; resolves when all calls of this session have their answers begun, or after the deadline. */
  drain(deadlineMs: number): Promise<void>;
  /** Ends every connection, unless another session has taken them over. */
  stop(): Promise<void>;
}

interface Open {
  readonly network: string;
  readonly listener: NodeListener;
  readonly closed: AbortController;
  handler: Handler;
  readTls: OwnListen["readTls"];
}

const POLL_MS = 20;

/** Whether the next can be opened while the former serves, or take its place. */
export function mayOverlap(former: OwnListen, next: OwnListen): boolean {
  if (former.port !== next.port) return true;
  if (former.host !== next.host || (former.tls === undefined) !== (next.tls === undefined)) return false;
  // Until the certificate is looked at the next one has the former's TLS: another certificate may wait, who is let in may not.
  return clientCaOf(former) === next.tls?.clientCa;
}

/** As it is now: it may have been renewed while it served. */
function clientCaOf({ tls, readTls }: OwnListen): string | undefined {
  try {
    return readTls()?.clientCa;
  } catch {
    return tls?.clientCa;
  }
}

export class OwnListeners {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #open = new Map<string, Open>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Throws HttpError when the address is none of this machine's, or somebody has it who keeps it.
   * @param staying networks that go on as they are: the others let go of their ports
   */
  async refuseTaken({ host, port }: OwnListen, staying: ReadonlySet<string>): Promise<void> {
    const comesFree = [...this.#open.values()].some(
      ({ network, listener }) => listener.port === port && !staying.has(network),
    );
    if (!comesFree) await refuseTakenPort({ host, port }, this.#clock);
  }

  /** From now on calls come to that handler. Throws HttpError when the address is taken or none of this machine's. */
  async take(network: string, at: OwnListen, handle: Handler): Promise<OwnListener> {
    const key = `${network} ${at.host} ${at.port}`;
    let running = 0;
    const handler: Handler = async (request, connections) => {
      running += 1;
      try {
        return await handle(request, connections);
      } finally {
        running -= 1;
      }
    };
    const there = this.#open.get(key);
    if (there) Object.assign(there, { handler, readTls: at.readTls });
    const open = there ?? (await this.#begin(network, at, handler));
    this.#open.set(key, open);
    const isOurs = () => open.handler === handler;
    const { host, port } = open.listener;
    return {
      host,
      port,
      get replaced() {
        return !isOurs();
      },
      drain: async (deadlineMs) => {
        if (isOurs()) this.#open.delete(key);
        const end = this.#clock.monotonic() + deadlineMs;
        if (isOurs()) await open.listener.drain(deadlineMs);
        else while (running > 0 && this.#clock.monotonic() < end) await sleep(this.#clock, POLL_MS);
      },
      stop: async () => {
        if (!isOurs()) return;
        if (this.#open.get(key) === open) this.#open.delete(key);
        open.closed.abort();
        await open.listener.stop();
      },
    };
  }

  async #begin(network: string, at: OwnListen, handler: Handler): Promise<Open> {
    const closed = new AbortController();
    const clock = this.#clock;
    const log = this.#log;
    const { host, port, tls } = at;
    const read = () => open.readTls();
    const certificate = tls && new Certificate(tls, { read, of: { network }, clock, log });
    const listener = await listenAlone(
      { host, port, tls },
      (request, connections) => open.handler(request, connections),
      certificate,
      clock,
    );
    const open: Open = { network, listener, closed, handler, readTls: at.readTls };
    certificate?.run(closed.signal).catch((error: unknown) => {
      log.error({ network, error: messageOf(error) }, "the certificate is not looked at any more");
    });
    return open;
  }
}
