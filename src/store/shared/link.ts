// The way to a shared store: every answer in time or a refusal, and a new connection until it answers again.
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { StoreError } from "../errors.ts";
import type { SharedOptions, StoreKind } from "./store.ts";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2000;
/** How often a connection is checked that nobody complains of: the operator is to know before the callers do. */
const CHECK_MS = 1000;

export class Link<Connection> {
  readonly #kind: StoreKind<Connection>;
  readonly #options: SharedOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Scheme, host and port: user, password and database are nobody's business. */
  readonly #name: string;
  readonly #closed = new AbortController();
  #connection: Connection | undefined;
  #trouble: string | undefined;
  #checking = false;
  /** Resolves when the first attempt to connect has ended, either way. */
  readonly #begun: Promise<void>;

  constructor(kind: StoreKind<Connection>, options: SharedOptions) {
    const { protocol, host } = new URL(options.url);
    this.#kind = kind;
    this.#options = options;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#name = `store ${protocol}//${host}`;
    this.#trouble = `${this.#name} was not reached yet`;
    const begun = Promise.withResolvers<void>();
    this.#begun = begun.promise;
    void this.#connect(begun.resolve);
  }

  trouble(): string | undefined {
    return this.#trouble;
  }

  /**
   * Throws StoreError when there is no connection, or no answer in time. What was asked may still be carried out:
   * whoever asks must be right to refuse all the same.
   * @param since when the wait for it began, on the monotonic clock
   */
  async ask<T>(
    what: string,
    work: (connection: Connection) => Promise<T>,
    since = this.#clock.monotonic(),
  ): Promise<T> {
    // As it starts; later there is nothing to wait for.
    if (this.#trouble !== undefined) await this.#begun;
    const connection = this.#connection;
    if (connection === undefined) throw this.#unavailable(what);
    try {
      return await this.#inTime(work(connection), since);
    } catch (cause) {
      void this.#doubt(connection, cause);
      throw this.#unavailable(what, cause);
    }
  }

  close(): void {
    this.#closed.abort();
    this.#drop();
    this.#trouble = `${this.#name} is closed`;
  }

  /** One failed call is not the end of a connection: a check says whether it is. Others go on asking meanwhile. */
  async #doubt(connection: Connection, cause: unknown): Promise<void> {
    if (this.#checking || connection !== this.#connection) return;
    this.#checking = true;
    if (await this.#check(connection)) this.#log.warn({ error: messageOf(cause) }, "the store refused a call");
    this.#checking = false;
  }

  /** Whether the connection is fit for use; when not, another is made. */
  async #check(connection: Connection): Promise<boolean> {
    try {
      await this.#inTime(this.#kind.check(connection));
      return true;
    } catch (error) {
      if (connection === this.#connection) {
        this.#drop();
        this.#report(error);
        void this.#connect(() => {});
      }
      return false;
    }
  }

  async #watch(connection: Connection): Promise<void> {
    while (connection === this.#connection) {
      await sleep(this.#clock, CHECK_MS, this.#closed.signal);
      if (connection === this.#connection) await this.#check(connection);
    }
  }

  /** Tries until it succeeds or this is closed. A new connection each time: an old one may hang for many minutes. */
  async #connect(tried: () => void): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !this.#closed.signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      try {
        const opening = this.#kind.open(this.#options);
        const connection = await this.#inTime(opening).catch((error: unknown) => {
          void opening.then(
            (late) => this.#kind.close(late),
            () => {},
          );
          throw error;
        });
        if (this.#closed.signal.aborted) return this.#kind.close(connection);
        this.#connection = connection;
        this.#trouble = undefined;
        this.#log.info({ store: this.#name }, "the store answers");
        void this.#watch(connection);
        return;
      } catch (error) {
        this.#report(error);
      } finally {
        tried();
      }
      await sleep(this.#clock, wait, this.#closed.signal);
    }
  }

  #report(error: unknown): void {
    const trouble = `${this.#name} does not answer: ${messageOf(error)}`;
    if (trouble !== this.#trouble) this.#log.error({ error: trouble }, "the store is down: callers are refused");
    this.#trouble = trouble;
  }

  #drop(): void {
    if (this.#connection !== undefined) this.#kind.close(this.#connection);
    this.#connection = undefined;
  }

  #inTime<T>(work: Promise<T>, since = this.#clock.monotonic()): Promise<T> {
    const { timeout } = this.#options;
    const left = Math.max(0, timeout - (this.#clock.monotonic() - since));
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(left, () => reject(new Error(`no answer within ${timeout} ms`)));
      work.then(resolve, reject).finally(cancel);
    });
  }

  #unavailable(what: string, cause?: unknown): StoreError {
    return new StoreError("store_unavailable", 503, `${what} failed: the shared store does not answer`, {
      cause,
      hint: cause === undefined ? this.#trouble : `${this.#name}: ${messageOf(cause)}`,
      headers: { "Retry-After": "1" },
    });
  }
}
