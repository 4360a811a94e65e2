// Several processes that serve callers on one port; one that dies is replaced, the others notice nothing.

import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { HttpError } from "../../server/errors.ts";
import { type ListenAt, type NodeListener, refuseTakenPort } from "../../server/listen.ts";
import type { Prepared } from "../reload/part.ts";
import type { Files } from "../reload/read.ts";
import type { Knowledge, RenewalStep, Start, ToWorker } from "./protocol.ts";
import { WorkerMetrics } from "./worker-metrics.ts";
import { type WorkerPorts, WorkerProcess } from "./worker-process.ts";

export interface WorkerOrders {
  readonly start: Omit<Start, "number" | "at" | "elapsedMs" | "sentAt" | "reloaded">;
  /** Milliseconds that the node has been running. */
  readonly elapsed: () => number;
  /** What is known of the gateways now. */
  readonly gateways: () => Knowledge;
  /** A worker has died: what it held for callers is given back. */
  readonly forget: (number: number) => void;
}

/** One that dies soon after its start may die again at once: the wait doubles, up to the longest. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 30_000;
/** One that has lived so long has started well. */
const SETTLED_MS = 10_000;
/** More of them in the time that is looked at are bad enough. */
const MOST_DEATHS = 100;
/** After the deadline, for the last words and the end. */
const END_LIMIT_MS = 1000;

export class WorkerGroup {
  /** How many there are to be; one of them may have died before it served. */
  readonly count: number;
  readonly #ports: WorkerPorts;
  readonly #first: readonly WorkerProcess[];
  /** Undefined until they are to serve. */
  #orders: WorkerOrders | undefined;
  readonly #alive = new Set<WorkerProcess>();
  readonly metrics = new WorkerMetrics(this.#alive);
  readonly #stopped = new AbortController();
  #at = { host: "", port: 0 };
  #logLevel: Start["logLevel"] | undefined;
  #tls: Start["tls"];
  /** No node before this one is on the port. */
  #alone = true;
  #renewing = false;
  #replaced = 0;
  /** When the latest of them died. */
  readonly #deaths: number[] = [];
  #reloads = 0;
  /** What they serve by now, if not what they began with. */
  #reloaded: Files | undefined;

  /** Processes that load their code while the node does the same. Throws WorkerError. */
  constructor(count: number, ports: WorkerPorts) {
    this.count = count;
    this.#ports = ports;
    this.#first = Array.from({ length: count }, (_, i) => this.#spawn(i + 1));
  }

  /** Workers that have died and were replaced. */
  get replaced(): number {
    return this.#replaced;
  }

  /** How many of the latest have died in that time. */
  died(withinMs: number): number {
    const now = this.#ports.clock.monotonic();
    return this.#deaths.filter((at) => now - at <= withinMs).length;
  }

  get alive(): readonly { readonly number: number; readonly pid: number }[] {
    return [...this.#alive].map(({ number, pid }) => ({ number, pid })).sort((a, b) => a.number - b.number);
  }

  /**
   * Resolves when all of them listen. Throws what kept one from it; none is left then.
   * @param at the port must be free; `shared`: or it is of a node before this one, which is about to leave it
   */
  async listen(at: ListenAt, orders: WorkerOrders): Promise<NodeListener> {
    this.#at = { host: at.host, port: at.port };
    this.#orders = orders;
    this.#alone = at.shared !== true;
    const workers = this.#first;
    try {
      if (!at.shared) await refuseTakenPort(at, this.#ports.clock);
      for (const worker of workers) {
        this.#start(worker, orders);
        // A free port is chosen by the first and shared by the others.
        if (this.#at.port === 0) this.#at = { host: at.host, port: await worker.listening };
      }
      await Promise.all(workers.map((worker) => worker.listening));
    } catch (error) {
      await this.#kill();
      throw error;
    }
    for (const worker of workers) void this.#keep(worker, orders);
    return {
      ...this.#at,
      drain: (deadlineMs) => this.#drain(deadlineMs),
      makeWay: (others, deadlineMs) => this.#makeWay(others, deadlineMs),
      leave: (others) => this.#leave(others),
      stop: () => this.#kill(),
      alone: () => {
        this.#alone = true;
        if (!this.#renewing) this.#settle();
      },
    };
  }

  tellGateways(): void {
    if (this.#orders) this.#tell({ gateways: this.#orders.gateways() });
  }

  /** Resolves when all of them could serve by those files. Throws what keeps one from it; none is changed then. */
  async prepare(files: Files): Promise<Prepared> {
    const id = ++this.#reloads;
    const asked = [...this.#alive];
    const discard = () => this.#tell({ discard: id });
    try {
      await Promise.all(asked.map((worker) => worker.prepare(id, files)));
    } catch (error) {
      discard();
      throw error;
    }
    return {
      commit: async () => {
        this.#reloaded = files;
        // One that took the place of another meanwhile began with the former files.
        const taken = [...this.#alive].map((worker) => this.#commit(worker, id, !asked.includes(worker) && files));
        await Promise.all(taken);
      },
      discard,
    };
  }

  /**
   * Resolves when that worker serves by what was reloaded, or nobody any more: whoever takes its place begins with it.
   * @param unprepared files that it has not opened yet
   */
  async #commit(worker: WorkerProcess, id: number, unprepared: Files | false): Promise<void> {
    const { number, pid } = worker;
    const { log } = this.#ports;
    // What keeps it from it, it says in its own log; it is told to commit all the same, and then ends what it has begun.
    if (unprepared) await worker.prepare(id, unprepared).catch(() => {});
    if (await worker.commit(id)) return;
    // Its streams are cut. But one that hears nothing for so long moves none of them either, and what would come to
    // itself later might let somebody in with a key that was taken back.
    log.error({ worker: number, pid }, "worker does not say that it takes over what was reloaded: it is ended");
    worker.kill();
    await worker.ended;
  }

  setLogLevel(level: Start["logLevel"]): void {
    this.#logLevel = level;
    this.#tell({ logLevel: level });
  }

  /**
   * From now on new connections see this certificate, and so does whoever replaces a worker. Throws HttpError when a
   * worker could not take it: then that one serves with the old one, and the whole may be tried again.
   */
  async renewTls(tls: NonNullable<Start["tls"]>): Promise<void> {
    this.#tls = tls;
    this.#renewing = true;
    const failed = await this.#renew(tls).finally(() => {
      this.#renewing = false;
    });
    if (this.#stopped.signal.aborted) return;
    this.#settle();
    if (failed !== undefined) throw new HttpError("address_in_use", 500, failed);
  }

  /** @returns why one of them could not */
  async #renew(tls: NonNullable<Start["tls"]>): Promise<string | undefined> {
    const asked = await Promise.all(
      [...this.#alive].map(async (worker) => ({ worker, why: await worker.renew({ join: tls }) })),
    );
    // One that could not join has nobody to leave its port to.
    const joined = asked.filter(({ why }) => why === undefined);
    const all = (step: RenewalStep) => Promise.all(joined.map(({ worker }) => worker.renew(step)));
    await all({ makeWay: joined.length });
    await all({ leave: joined.length });
    return asked.find(({ why }) => why !== undefined)?.why;
  }

  /** A node before this one, of which streams are left, is to get no new ones. */
  #settle(): void {
    this.#tell(this.#alone ? { alone: true } : { steerToLast: this.#alive.size });
  }

  #tell(message: ToWorker): void {
    for (const worker of this.#alive) worker.tell(message);
  }

  #spawn(number: number): WorkerProcess {
    const worker = new WorkerProcess(number, this.#ports);
    this.#alive.add(worker);
    void worker.ended.then(() => {
      this.#alive.delete(worker);
      this.metrics.ended(worker);
    });
    return worker;
  }

  #start(worker: WorkerProcess, { start, elapsed, gateways }: WorkerOrders): void {
    const now = { elapsedMs: elapsed(), sentAt: this.#ports.clock.now() };
    worker.start({
      ...start,
      ...(this.#reloaded && { reloaded: this.#reloaded }),
      logLevel: this.#logLevel ?? start.logLevel,
      ...now,
      at: this.#at,
      tls: this.#tls ?? start.tls,
    });
    worker.tell({ gateways: gateways() });
  }

  /** As long as the node runs there is a worker of that number. */
  async #keep(first: WorkerProcess, orders: WorkerOrders): Promise<void> {
    const { clock, log } = this.#ports;
    const { number } = first;
    let worker: WorkerProcess | undefined = first;
    let wait = FIRST_WAIT_MS;
    for (;;) {
      const begun = clock.monotonic();
      const how = worker === undefined ? "not started" : await worker.ended;
      if (this.#stopped.signal.aborted) return;
      orders.forget(number);
      this.#replaced++;
      this.#deaths.push(clock.monotonic());
      if (this.#deaths.length > MOST_DEATHS) this.#deaths.shift();
      const settled = clock.monotonic() - begun > SETTLED_MS;
      wait = settled ? FIRST_WAIT_MS : Math.min(2 * wait, LONGEST_WAIT_MS);
      log.error(
        { worker: number, pid: worker?.pid, how, againInMs: settled ? 0 : wait },
        "worker died: it is replaced",
      );
      if (!settled) await sleep(clock, wait, this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      worker = this.#replace(number, orders);
    }
  }

  #replace(number: number, orders: WorkerOrders): WorkerProcess | undefined {
    const { log } = this.#ports;
    try {
      const worker = this.#spawn(number);
      this.#start(worker, orders);
      worker.listening.then(
        () => log.info({ worker: number, pid: worker.pid }, "worker serves"),
        (error: unknown) => {
          log.error({ worker: number, error: messageOf(error) }, "worker could not start");
          worker.kill();
        },
      );
      return worker;
    } catch (error) {
      log.error({ worker: number, error: messageOf(error) }, "worker could not start");
      return undefined;
    }
  }

  /** All stay until the last has made way: when one closes, the kernel may deal a connection to any other. */
  async #makeWay(others: number, deadlineMs: number): Promise<void> {
    this.#stopped.abort();
    this.#tell({ makeWay: { others, deadlineMs } });
    await Promise.all([...this.#alive].map((worker) => worker.madeWay));
  }

  #leave(others: number): Promise<number> {
    this.#tell({ leave: { others } });
    return this.#ended(END_LIMIT_MS);
  }

  #drain(deadlineMs: number): Promise<number> {
    this.#stopped.abort();
    this.#tell({ drain: deadlineMs });
    return this.#ended(deadlineMs);
  }

  /** Requests that were cut off. */
  async #ended(deadlineMs: number): Promise<number> {
    const workers = [...this.#alive];
    const ended = Promise.all(workers.map((worker) => worker.ended));
    await Promise.race([ended, sleep(this.#ports.clock, deadlineMs + END_LIMIT_MS)]);
    return workers.reduce((sum, { drained }) => sum + (drained ?? 0), 0);
  }

  async #kill(): Promise<void> {
    this.#stopped.abort();
    const workers = [...this.#alive];
    for (const worker of workers) worker.kill();
    await Promise.all(workers.map((worker) => worker.ended));
  }
}
