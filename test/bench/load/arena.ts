// Gateways side by side: each installed, started in front of one model server, and held still while it is not its turn.
import { join } from "node:path";
import { messageOf } from "../../../src/core/errors.ts";
import type { Skipped } from "../comparison.ts";
import type { Gateway, Running } from "../gateways/peers/gateway.ts";
import { firstAnswer } from "./first-answer.ts";
import { failed, failures, type Loaded, load } from "./load.ts";
import type { ModelServer } from "./model-server.ts";
import { openPlace, removePlace } from "./place.ts";
import { cpuSeconds, signalTree } from "./process-tree.ts";
import { writeRequests } from "./signed-requests.ts";

/** Of requests to a server that forgets them: they are sent again and again. */
const SIGNED_AGAIN = 1000;

export interface Phase {
  readonly connections: number;
  /** How long new requests are sent. */
  readonly seconds: number;
  /** For a server that takes each request once: what is quicker than that is over sooner. */
  readonly signed: number;
  /** Of each stream; none for plain answers. */
  readonly events?: number;
  /** Where the load is made, when not on its own core. */
  readonly cores?: string;
}

export interface Entrant extends Running {
  readonly gateway: Gateway;
  /** Milliseconds from its start to its first right answer. */
  readonly startMs: number;
  /** Signs requests, sends them, and says what came and how many CPU seconds the gateway took. */
  measure(phase: Phase): Promise<Loaded & { readonly cpu: number }>;
}

/** Installed, started and answering. Throws with the reason. */
export async function enter(gateway: Gateway, server: ModelServer): Promise<Entrant> {
  const place = openPlace(gateway.name, server);
  await gateway.install(place.cache);
  const running = await gateway.start(place);
  const stop = async () => {
    await running.stop();
    removePlace(place);
  };
  const { route, pid } = running;
  try {
    const startMs = await firstAnswer(route);
    return {
      ...running,
      gateway,
      stop,
      startMs,
      async measure({ signed, ...phase }) {
        const { once = false } = gateway;
        const file = join(place.folder, "requests.bin");
        writeRequests(file, once ? signed : SIGNED_AGAIN, route, phase.events !== undefined);
        const before = pid ? cpuSeconds(pid) : 0;
        const result = await load({ ...phase, port: route.port, file, once });
        if (failures(result) > 0) console.error(`${gateway.name}: ${failed(result)}\n${result.complaint}`);
        return { ...result, cpu: pid ? cpuSeconds(pid) - before : 0 };
      },
    };
  } catch (error) {
    const log = await logOf(place.folder);
    await stop();
    throw new Error(`${messageOf(error)}: ${log.slice(-500)}`, { cause: error });
  }
}

/** Those that can be had, and for each other a row that says why not. */
export async function enterAll(gateways: readonly Gateway[], server: ModelServer) {
  const entrants: Entrant[] = [];
  const skipped: Skipped[] = [];
  for (const gateway of gateways) {
    try {
      entrants.push(await enter(gateway, server));
    } catch (error) {
      skipped.push({ what: gateway.name, why: messageOf(error) });
    }
  }
  return { entrants, skipped };
}

export async function leaveAll(entrants: readonly Entrant[]): Promise<void> {
  for (const { stop } of entrants) await stop();
}

/** Nobody else's housekeeping shall be in its figures. */
export async function alone<T>(entrants: readonly Entrant[], one: Entrant, work: () => Promise<T>): Promise<T> {
  for (const { pid } of entrants) if (pid) signalTree(pid, pid === one.pid ? "SIGCONT" : "SIGSTOP");
  return work();
}

async function logOf(folder: string): Promise<string> {
  const log = Bun.file(join(folder, "log"));
  return (await log.exists()) ? log.text() : "";
}
