// Where a node and its workers count together: a file in the home while there are workers, of which nothing outlives the node.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { isAlive } from "../lib/is-alive.ts";
import { createRowsFile, MappedRows, ownRows } from "../lib/shared-rows.ts";

/** With the process's id: one that is about to take over has a file of its own. */
const ROWS_FILE = "fxn.shared";

export function openSharedRows(home: string, workers: number, clock: Clock) {
  const file = { path: join(home, `${ROWS_FILE}.${process.pid}`), processes: 1 + workers };
  removeLeftRows(home);
  if (workers === 1) return { file, rows: ownRows(clock) };
  createRowsFile(file.path, file.processes);
  return { file, rows: new MappedRows({ ...file, process: 0, clock, elapsedMs: 0 }) };
}

/** Of nodes that have ended. */
function removeLeftRows(home: string): void {
  for (const name of readdirSync(home)) {
    const [left, pid] = /^fxn\.shared(?:\.(\d+))?$/.exec(name) ?? [];
    if (left && !(pid && isAlive(Number(pid)))) rmSync(join(home, left), { force: true });
  }
}
