// The ledger as it is written while requests are served: lines appended to a file of this process, imported later.
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import type { Ledger, LedgerRow } from "../../core/ledger.ts";
import { guarded } from "../errors.ts";
import { LEDGER_FOLDER, segmentName } from "./segments.ts";

/** A segment is closed after so many bytes or milliseconds, so that what was imported can be deleted. */
const SEGMENT_BYTES = 4 * 1024 * 1024;
const SEGMENT_MS = 60_000;

interface Segment {
  readonly file: number;
  readonly openedAt: number;
  bytes: number;
}

/** One write for each row: it is the operating system's when `append` returns, and survives this process. */
export class LedgerJournal implements Ledger {
  readonly #folder: string;
  readonly #clock: Clock;
  #segment: Segment | undefined;
  #segments = 0;
  /** The last write was cut short, by a full disk: the next row begins on a line of its own. */
  #torn = false;

  constructor(home: string, clock: Clock) {
    this.#folder = join(home, LEDGER_FOLDER);
    this.#clock = clock;
  }

  /** Throws StoreError. */
  append(row: LedgerRow): void {
    guarded("writing the ledger", () => {
      const segment = this.#current();
      const line = Buffer.from(`${this.#torn ? "\n" : ""}${JSON.stringify(row)}\n`);
      this.#torn = true;
      const written = writeSync(segment.file, line);
      segment.bytes += written;
      if (written < line.length) throw new Error(`only ${written} of ${line.length} bytes could be written`);
      this.#torn = false;
    });
  }

  close(): void {
    if (this.#segment) closeSync(this.#segment.file);
    this.#segment = undefined;
  }

  #current(): Segment {
    const now = this.#clock.monotonic();
    const open = this.#segment;
    if (open && open.bytes < SEGMENT_BYTES && now - open.openedAt < SEGMENT_MS) return open;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, segmentName(process.pid, this.#segments++, this.#clock.now()));
    const segment = { file: openSync(path, "ax", 0o600), openedAt: now, bytes: 0 };
    this.close();
    this.#torn = false;
    this.#segment = segment;
    return segment;
  }
}
