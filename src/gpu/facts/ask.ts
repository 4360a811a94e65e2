// Asks every source of GPU facts, each within its time; one that fails takes nothing from the others.
import type { Clock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { GpuStats } from "../../core/gpu.ts";
import { LAST_RESORT, SOURCES } from "./index.ts";
import { type GpuSource, GpuSourceError, type Machine } from "./source.ts";

/** What one source said. */
export interface SourceReport {
  readonly source: string;
  /** missing: there is no such tool or driver. */
  readonly state: "answered" | "missing" | "failed";
  /** Why it failed. */
  readonly why?: string;
  readonly gpus: readonly GpuStats[];
}

/** Of one source with all that it runs; a file of a driver that hangs has no limit of its own. */
const LIMIT_MS = 20_000;

/** Never rejects. In the order of the table. */
export async function askSources(machine: Machine): Promise<readonly SourceReport[]> {
  const reports = (await Promise.all(SOURCES.map((row) => askRow(row, machine)))).flat();
  if (reports.some(({ gpus }) => gpus.length > 0)) return reports;
  return [...reports, ...(await askRow(LAST_RESORT, machine))];
}

async function askRow(row: readonly GpuSource[], machine: Machine): Promise<SourceReport[]> {
  const reports: SourceReport[] = [];
  for (const source of row.filter(({ platforms }) => platforms.includes(machine.platform))) {
    const report = await ask(source, machine);
    reports.push(report);
    if (report.gpus.length > 0) break;
  }
  return reports;
}

async function ask(source: GpuSource, machine: Machine): Promise<SourceReport> {
  try {
    const gpus = await withinLimit(machine.clock, source.read(machine));
    return { source: source.name, state: gpus ? "answered" : "missing", gpus: gpus ?? [] };
  } catch (error) {
    return { source: source.name, state: "failed", why: messageOf(error), gpus: [] };
  }
}

function withinLimit<T>(clock: Clock, reading: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(LIMIT_MS, () => reject(new GpuSourceError(`no answer within ${LIMIT_MS} ms`)));
    reading.then(resolve, reject).finally(cancel);
  });
}
