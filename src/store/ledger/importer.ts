// Moves the journal's rows into the database, between other work: by the node alone, again and again.
import type { Database } from "bun:sqlite";
import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { guarded } from "../errors.ts";
import { LEDGER_FOLDER, linesOf, type SegmentFile, segmentsOf, tornLine } from "./segments.ts";
import { SqliteLedger } from "./table.ts";

export interface ImporterPorts {
  readonly home: string;
  readonly db: Database;
  /** Whether that process may still write. */
  readonly alive: (pid: number) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

const INTERVAL_MS = 1000;
/** Of one transaction: about 70 rows and a millisecond, in which nothing else runs. */
const SLICE_BYTES = 32 * 1024;
/** What is no row is kept here, for a person to look at. */
const UNREADABLE = "unreadable.txt";

export class LedgerImporter {
  readonly #ports: ImporterPorts;
  readonly #table: SqliteLedger;
  /** How far each segment was imported, by name, in bytes. */
  readonly #done = new Map<string, number>();

  constructor(ports: ImporterPorts) {
    this.#ports = ports;
    this.#table = new SqliteLedger(ports.db);
  }

  /** Not at once: callers wait for a node that starts. A failure is logged and tried again: a full disk may be emptied. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#ports;
    for (;;) {
      await sleep(clock, INTERVAL_MS, signal);
      if (signal.aborted) return;
      try {
        await this.importAll(signal);
      } catch (error) {
        log.error({ error: messageOf(error) }, "ledger rows wait in their journal: they could not be imported");
      }
    }
  }

  /** Every whole line that is there; segments that nobody writes any more are deleted. Throws StoreError. */
  async importAll(signal: AbortSignal): Promise<void> {
    const segments = guarded("reading the ledger's journal", () => segmentsOf(this.#ports.home));
    for (const segment of segments) {
      // In this order: what is closed before it is read has no line more.
      const closed = this.#isClosed(segment, segments);
      await this.#import(segment, signal);
      if (signal.aborted) return;
      if (closed) this.#delete(segment);
    }
  }

  #isClosed({ pid, number }: SegmentFile, segments: readonly SegmentFile[]): boolean {
    return segments.some((other) => other.pid === pid && other.number > number) || !this.#ports.alive(pid);
  }

  async #import(segment: SegmentFile, signal: AbortSignal): Promise<void> {
    const { clock, db } = this.#ports;
    while (!signal.aborted) {
      const from = this.#doneOf(segment);
      const { rows, unreadable, end } = guarded("reading the ledger's journal", () =>
        linesOf(segment, from, SLICE_BYTES),
      );
      if (end === from) return;
      guarded("importing the ledger", () =>
        db.transaction(() => {
          // A row that is there was imported before a crash.
          for (const row of rows) this.#table.insertNew(row);
        })(),
      );
      this.#setAside(segment, unreadable);
      this.#done.set(segment.name, end);
      await sleep(clock, 1, signal);
    }
  }

  #doneOf({ name }: SegmentFile): number {
    return this.#done.get(name) ?? 0;
  }

  #delete(segment: SegmentFile): void {
    const torn = tornLine(segment, this.#doneOf(segment));
    if (torn !== "") this.#setAside(segment, [torn]);
    rmSync(segment.path, { force: true });
    this.#done.delete(segment.name);
  }

  #setAside({ name }: SegmentFile, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const path = join(this.#ports.home, LEDGER_FOLDER, UNREADABLE);
    appendFileSync(path, lines.map((line) => `${line}\n`).join(""), { mode: 0o600 });
    this.#ports.log.warn({ segment: name, lines: lines.length, path }, "what is no ledger row was set aside");
  }
}
