// What a worker does: serves callers on the shared port, as the node tells it, until it is drained or the node is gone.

import type { ModelsConfig } from "../../config/models-schema.ts";
import { takenOver } from "../../config/reload.ts";
import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { failureOf } from "../../gpu/process/errors.ts";
import { HeardClock } from "../../lib/clock-skew.ts";
import { MappedRows } from "../../lib/shared-rows.ts";
import { steerNoMore, steerToLast } from "../../lib/steer-connections.ts";
import { BOOK, loadConfig } from "../../networks/config.ts";
import type { Logger } from "../../observe/logger.ts";
import { processMetrics, Registry } from "../../observe/metrics/node.ts";
import { listenRenewably, type RenewableListener } from "../../server/renewable-listener.ts";
import { type Door, openDoor } from "../door.ts";
import { fixedRegistry } from "../fixed-registry.ts";
import type { Live } from "../reload/live.ts";
import type { Prepared } from "../reload/part.ts";
import type { Files } from "../reload/read.ts";
import { openStores } from "../stores.ts";
import { CopiedRegistry } from "./copied-registry.ts";
import { elapsedNow } from "./elapsed.ts";
import { type RenewalStep, type Start, type ToMain, toWorker } from "./protocol.ts";
import { remoteChallenges } from "./remote-challenges.ts";

export interface WorkerProcessPorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly openLog: (logger: Config["logger"], worker: number) => Logger;
}

interface Serving {
  readonly door: Door;
  readonly listener: RenewableListener;
  readonly gateways: CopiedRegistry;
  readonly register: Registry;
  readonly log: Logger;
  readonly prepare: (files: Files) => Promise<Prepared>;
  /** As it was last reloaded. */
  readonly live: Live;
  readonly close: () => void;
}

/** For the error events of streams that a failing worker breaks off. */
const LAST_WORDS_MS = 500;
const NO_MODELS: ModelsConfig = { models: [], catchAll: false };

/** Resolves with the exit code; at once when no node has started this process. */
export function serveWorker(ports: WorkerProcessPorts): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  /** What is told while it starts is heard once it has started. */
  let serving: Promise<Serving> | undefined;
  let ending = false;
  const reloads = new Map<number, Promise<Prepared>>();

  async function begin(start: Start): Promise<Serving> {
    try {
      const begun = await open(start, ports);
      tell({ listening: begun.listener.port });
      return begun;
    } catch (error) {
      tell({ failed: failureOf(error) });
      throw error;
    }
  }

  async function drain(begun: Serving, deadlineMs: number): Promise<void> {
    if (ending) return;
    ending = true;
    begun.door.drain();
    await end(begun, await begun.listener.drain(deadlineMs));
  }

  async function makeWay({ listener }: Serving, { others, deadlineMs }: { others: number; deadlineMs: number }) {
    await listener.makeWay(others, deadlineMs);
    tell({ madeWay: true });
  }

  async function renew({ listener: { renewal } }: Serving, step: RenewalStep): Promise<void> {
    try {
      if ("join" in step) await renewal.join(step.join);
      else if ("makeWay" in step) await renewal.makeWay(step.makeWay);
      else await renewal.leave(step.leave);
      tell({ renewed: {} });
    } catch (error) {
      tell({ renewed: { failed: messageOf(error) } });
    }
  }

  async function leave(begun: Serving, others: number): Promise<void> {
    if (ending) return;
    ending = true;
    await end(begun, await begun.listener.leave(others));
  }

  async function end({ door, listener, log, close }: Serving, cut: number): Promise<void> {
    tell({ drained: cut });
    // What is cut off now leaves its rows behind before the ledger is closed.
    await listener.stop();
    await door.traces.flush();
    close();
    log.flush();
    resolve(0);
  }

  /** A fault of ours that nobody caught: this process is not to be trusted, and its callers are told. */
  async function fail(error: unknown): Promise<void> {
    const begun = await serving?.catch(() => undefined);
    begun?.log.error(
      { error: messageOf(error), stack: error instanceof Error ? error.stack : undefined },
      "worker fails and ends",
    );
    begun?.door.drain();
    begun?.door.inference.breakOff();
    await begun?.listener.drain(LAST_WORDS_MS);
    resolve(1);
  }

  async function prepare(begun: Serving, id: number, files: Files): Promise<void> {
    const coming = begun.prepare(files);
    reloads.set(id, coming);
    try {
      await coming;
      tell({ prepared: id });
    } catch (error) {
      tell({ unprepared: id, failed: failureOf(error) });
    }
  }

  /** One that cannot serve as the others do takes no new work. What it has begun ends as it does in the others. */
  async function commit(begun: Serving, id: number): Promise<void> {
    const coming = reloads.get(id);
    reloads.delete(id);
    try {
      await (await coming)?.commit();
    } catch (error) {
      begun.log.error({ error: messageOf(error) }, "worker cannot take over what was reloaded, and ends");
      void drain(begun, begun.live.config.shutdown.deadline);
    }
    tell({ committed: id });
  }

  async function discard(id: number): Promise<void> {
    const prepared = await reloads.get(id)?.catch(() => undefined);
    reloads.delete(id);
    prepared?.discard();
  }

  async function hear(message: unknown): Promise<void> {
    const said = toWorker.parse(message);
    if ("start" in said) {
      serving = begin(said.start);
      serving.catch(() => resolve(1));
      return;
    }
    const begun = await serving?.catch(() => undefined);
    if (!begun) return;
    const { gateways, log, register } = begun;
    if ("gateways" in said) gateways.told(said.gateways);
    else if ("logLevel" in said) log.setLevel(said.logLevel);
    else if ("reload" in said) await prepare(begun, said.reload.id, said.reload.files);
    else if ("commit" in said) await commit(begun, said.commit);
    else if ("discard" in said) await discard(said.discard);
    else if ("drain" in said) await drain(begun, said.drain);
    else if ("makeWay" in said) await makeWay(begun, said.makeWay);
    else if ("leave" in said) await leave(begun, said.leave.others);
    else if ("alone" in said) steerNoMore(begun.listener.port);
    else if ("steerToLast" in said) steerToLast(begun.listener.port, said.steerToLast);
    else if ("renewal" in said) await renew(begun, said.renewal);
    else tell({ answer: said.ask, metrics: await register.getMetricsAsJSON() });
  }

  process.on("uncaughtException", (error) => void fail(error));
  process.on("unhandledRejection", (reason) => void fail(reason));
  process.on("message", (message: unknown) => void hear(message).catch((error: unknown) => void fail(error)));
  process.on("disconnect", () => resolve(0));
  if (!process.connected) resolve(0);
  // Ctrl-C in a terminal goes to all: the node says when and how its workers end.
  for (const name of ["SIGINT", "SIGHUP"] as const) process.on(name, () => {});
  // Meant for this one alone: what runs may end, and the node replaces it.
  process.on(
    "SIGTERM",
    () => void serving?.then((begun) => drain(begun, begun.live.config.shutdown.deadline)).catch(() => resolve(1)),
  );
  return promise;
}

async function open(start: Start, { env, clock, openLog }: WorkerProcessPorts): Promise<Serving> {
  const { home, number, version, files, at } = start;
  const read = async (texts: Files) => {
    const { config, models = NO_MODELS } = await loadConfig({ home, env, readFile: async (path) => texts[path] });
    return { config, models };
  };
  const { config, models } = await read(files);
  const log = openLog(config.logger, number);
  log.setLevel(start.logLevel);
  const register = new Registry();
  processMetrics(register);
  const gateways = new CopiedRegistry("gateways", clock);
  const rows = new MappedRows({ ...start.rows, process: number, clock, elapsedMs: elapsedNow(start, clock) });
  const stores = openStores({ config, home, rows, process: number, clock, log });
  const live = { config };
  const door = openDoor({
    live,
    models,
    version,
    callers: ({ registry, schedulerAddress }) => ({
      gateway: gateways.within(registry.maxStale),
      scheduler: fixedRegistry("schedulers", [schedulerAddress]),
    }),
    watchCallers: async () => {},
    stores,
    challenges: remoteChallenges(home),
    register,
    heard: new HeardClock(clock),
    rows,
    home,
    env,
    clock,
    log,
  });
  const prepare = async (texts: Files) => {
    const next = await read(texts);
    const taken = takenOver(config, next.config, BOOK).config;
    const prepared = await door.prepare({ config: taken, models: next.models });
    return {
      ...prepared,
      async commit() {
        live.config = taken;
        await prepared.commit();
      },
    };
  };
  if (start.reloaded) await (await prepare(start.reloaded)).commit();
  const listener = listenRenewably({ ...at, tls: start.tls, shared: true }, door.app, clock);
  const work = new AbortController();
  void door.inference
    .run(work.signal)
    .catch((error: unknown) => log.error({ error: messageOf(error) }, "probing model servers failed"));
  void door.traces.run(work.signal);
  return {
    door,
    listener,
    gateways,
    register,
    log,
    prepare,
    live,
    close() {
      work.abort();
      door.close();
      stores.close();
    },
  };
}

function tell(message: ToMain): void {
  process.send?.(message);
}
