// Asks the ICL for jobs while there is a place for one. Asking has a price: with it, the ICL counts what was claimed and not done.
import { type Clock, sleep } from "../../../core/clock.ts";
import { messageOf } from "../../../core/errors.ts";
import type { Log } from "../../../core/log.ts";
import { clean } from "../../../lib/clean.ts";
import type { NetworkMetrics } from "../../../observe/metrics/network.ts";
import type { Jobs } from "../../jobs/job.ts";
import type { Icl } from "../icl.ts";
import { getAssignments } from "../icl-routes.ts";
import { type Assignment, assignmentOf } from "./assignment.ts";
import type { Facts } from "./facts.ts";
import type { PlainTexts } from "./plain.ts";

/** Of which each doubles the wait: a job is over in some ten minutes, whoever was away. */
const MOST_FAILURES = 3;
/** Between looks for a place, while more was told than there were places. */
const BETWEEN_MS = 250;
/** Odd entries of which it was said; the ICL lists them again and again. */
const MOST_SAID = 100;

export interface PollPorts {
  readonly icl: Icl;
  readonly jobs: Jobs<Facts>;
  readonly plain: PlainTexts;
  /** Whether the ICL was told of this node. */
  ready(): boolean;
  /** Of the ICL's answer, or that there was none. */
  heard(error?: unknown): void;
  readonly metrics: NetworkMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

export async function pollJobs(ports: PollPorts, everyMs: number, signal: AbortSignal): Promise<void> {
  const { clock, jobs, plain } = ports;
  const said = new Set<string>();
  let failures = 0;
  while (!signal.aborted) {
    plain.sweep();
    let left: readonly Assignment[] = [];
    if (ports.ready() && jobs.places > 0) {
      const found = await pollOnce(ports, failures, said, signal);
      failures = found ? 0 : failures + 1;
      left = offered(ports, found ?? []);
    }
    const until = clock.monotonic() + everyMs * 2 ** Math.min(failures, MOST_FAILURES);
    // The ICL need not be asked again for what it has just told.
    while (left.length > 0 && clock.monotonic() + BETWEEN_MS < until && !signal.aborted) {
      await sleep(clock, BETWEEN_MS, signal);
      left = offered(ports, left);
    }
    await sleep(clock, Math.max(0, until - clock.monotonic()), signal);
  }
}

/** @returns those that there was no place for; what could not be kept is listed again */
function offered({ jobs, metrics, log }: PollPorts, found: readonly Assignment[]): readonly Assignment[] {
  try {
    return found.filter(({ id, facts }) => jobs.offer(id, facts) === "full");
  } catch (error) {
    metrics.call("poll", "failed");
    log.warn({ network: "blindference", error: clean(messageOf(error)) }, "a job could not be taken");
    return [];
  }
}

/** Undefined: there was no answer. */
async function pollOnce(
  { icl, heard, metrics, log }: PollPorts,
  failures: number,
  said: Set<string>,
  signal: AbortSignal,
): Promise<readonly Assignment[] | undefined> {
  try {
    const entries = await getAssignments(icl, signal);
    metrics.call("poll", "ok");
    heard();
    const found = entries.map(assignmentOf);
    const odd = found.filter((one) => one === undefined).length;
    if (odd > 0)
      saidOnce(said, `${odd}`, () => log.warn({ network: "blindference", jobs: odd }, "odd jobs are left alone"));
    return leadersFirst(found.filter((one) => one !== undefined));
  } catch (error) {
    if (signal.aborted) return undefined;
    metrics.call("poll", "failed");
    heard(error);
    if (failures === 0)
      log.warn({ network: "blindference", error: clean(messageOf(error)) }, "no jobs could be asked for");
    return undefined;
  }
}

/** A quorum waits for its leader. */
function leadersFirst(found: readonly Assignment[]): readonly Assignment[] {
  return found.toSorted((a, b) => Number(b.facts.role === "leader") - Number(a.facts.role === "leader"));
}

function saidOnce(said: Set<string>, what: string, say: () => void): void {
  if (said.has(what) || said.size >= MOST_SAID) return;
  said.add(what);
  say();
}
