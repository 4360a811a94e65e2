// A worker of a node: serves callers on the node's port, in a process of its own.
import { systemClock } from "../src/core/clock.ts";
import { serveWorker } from "../src/node/workers/serve-worker.ts";
import { openLog } from "./open-log.ts";

/** Resolves with the exit code. */
export function serveCallers(): Promise<number> {
  return serveWorker({
    env: process.env,
    clock: systemClock,
    openLog: (logger, worker) => openLog(logger, process.stderr, worker),
  });
}
