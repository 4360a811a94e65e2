// The jobs on the disk: those in hand, and those that have ended, which stay known for a while.
import type { z } from "zod";
import type { Clock } from "../../core/clock.ts";
import type { NetworkState } from "../../core/network-state.ts";
import type { JobRecord } from "./job.ts";
import {
  type EndedRecord,
  endedText,
  type LiveRecord,
  liveText,
  readRecord,
  recordOf,
  type UnreadableRecord,
} from "./job-record.ts";

/** One kind for both, so that a job ends by one write. */
const JOB = "job";
/** There while a run of the node is under way; found at its beginning, the one before ended without a word. */
const RUN = "job-run";
const MOST_ENDED = 10_000;

export interface JobBookPorts<Facts> {
  readonly state: NetworkState;
  readonly clock: Clock;
  readonly facts: z.ZodType<Facts>;
  /** Milliseconds that an ended job stays known after it was offered last. */
  readonly keepMs: number;
}

/** Of the run before. */
export interface Left<Facts> {
  readonly live: readonly (readonly [id: string, record: LiveRecord<Facts>])[];
  readonly unreadable: readonly (readonly [id: string, record: UnreadableRecord])[];
}

export class JobBook<Facts> {
  readonly #ports: JobBookPorts<Facts>;
  /** Whoever was seen longest ago comes first. */
  readonly #ended = new Map<string, { record: EndedRecord; seen: number; earlier: boolean }>();

  constructor(ports: JobBookPorts<Facts>) {
    this.#ports = ports;
  }

  /** True when the run before this one ended without a word. Throws StoreError. */
  begin(): boolean {
    return !this.#ports.state.add(RUN, "open", "");
  }

  finish(): void {
    this.#ports.state.remove(RUN, "open");
  }

  /** What has not ended, the oldest first. Throws StoreError. */
  load(): Left<Facts> {
    const live: [string, LiveRecord<Facts>][] = [];
    const unreadable: [string, UnreadableRecord][] = [];
    const items = this.#ports.state.all(JOB);
    this.#ended.clear();
    for (const { key, value, at } of items) {
      const read = readRecord(value, this.#ports.facts, at);
      if ("live" in read) live.push([key, read.live]);
      else if ("ended" in read) this.#ended.set(key, { record: read.ended, seen: at, earlier: true });
      else unreadable.push([key, read.unreadable]);
    }
    return { live, unreadable };
  }

  /** What an earlier run declined is looked at anew: settings, models and prices may have changed. */
  hasEnded(id: string, anew = false): boolean {
    const ended = this.#ended.get(id);
    return ended !== undefined && !((ended.earlier || anew) && ended.record.outcome === "declined");
  }

  /** An ended job is still offered: as long as it is, it must stay known. Throws StoreError. */
  seen(id: string): void {
    const { state, clock, keepMs } = this.#ports;
    const ended = this.#ended.get(id);
    if (!ended || ended.seen >= clock.now() - keepMs / 2) return;
    state.set(JOB, id, endedText(ended.record));
    this.#remember(id, ended.record);
  }

  /** Only for what has not ended; false when it is on the disk already. Throws StoreError. */
  add(id: string, record: LiveRecord<Facts>): boolean {
    if (!this.#ended.has(id)) return this.#ports.state.add(JOB, id, liveText(record));
    this.move(id, record);
    this.#ended.delete(id);
    return true;
  }

  /** Throws StoreError. */
  move(id: string, record: LiveRecord<Facts>): void {
    this.#ports.state.set(JOB, id, liveText(record));
  }

  /** Throws StoreError. */
  end(id: string, record: EndedRecord): void {
    this.#ports.state.set(JOB, id, endedText(record));
    this.#remember(id, record);
  }

  /** Lets go of what nobody can offer any more. Throws StoreError. */
  forget(): void {
    const { state, clock, keepMs } = this.#ports;
    const before = clock.now() - keepMs;
    for (const [id, { seen }] of this.#ended) {
      if (seen >= before && this.#ended.size <= MOST_ENDED) return;
      state.remove(JOB, id);
      this.#ended.delete(id);
    }
  }

  ended(): JobRecord[] {
    return [...this.#ended].map(([id, { record }]) => ({ id, step: "ended", ...record }));
  }

  /** The facts as the next run of the node would read them; throws for what is no JSON or does not fit the schema. */
  asKept(facts: Facts): Facts {
    return this.#ports.facts.parse(JSON.parse(JSON.stringify(facts)));
  }

  #remember(id: string, record: EndedRecord): void {
    this.#ended.delete(id);
    this.#ended.set(id, { record, seen: this.#ports.clock.now(), earlier: false });
  }
}

/** What is on the disk, for whoever looks while no node runs; the latest first. Throws StoreError. */
export function jobRecords(state: NetworkState): JobRecord[] {
  return latestFirst(state.all(JOB).map(({ key, value, at }) => recordOf(key, value, at)));
}

export function latestFirst(records: JobRecord[]): JobRecord[] {
  return records.sort((a, b) => b.at - a.at);
}
