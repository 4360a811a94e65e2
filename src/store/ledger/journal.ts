// The ledger as it is written while requests are served: lines appended to a file of this process, imported later.
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import type { Ledger, LedgerRow } from "../../core/ledger.ts";
import { guarded, storeUnavailable } from "../errors.ts";
import { type Appended, appendLines } from "./append-lines.ts";
import { LEDGER_FOLDER, segmentName } from "./segments.ts";
import { TurnWriter } from "./turn-writer.ts";

/** A segment is closed after so many bytes or milliseconds, so that what was imported can be deleted. */
const SEGMENT_BYTES = 4 * 1024 * 1024;
const SEGMENT_MS = 60_000;

interface Segment {
  readonly file: number;
  readonly openedAt: number;
  bytes: number;
}

/** A row is the operating system's when its promise resolves, and survives this process. */
export class LedgerJournal implements Ledger {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #writer = new TurnWriter((lines) => this.#write(lines));
  #segment: Segment | undefined;
  #segments = 0;

  constructor(home: string, clock: Clock) {
    this.#folder = join(home, LEDGER_FOLDER);
    this.#clock = clock;
  }

  /** Rejects with StoreError. */
  append(row: LedgerRow): Promise<void> {
    return this.#writer.add(`${JSON.stringify(row)}\n`);
  }

  close(): void {
    this.#writer.flush();
    this.#leave();
  }

  #write(lines: readonly string[]): Appended {
    return guarded("writing the ledger", () => {
      const segment = this.#current();
      const appended = appendLines(segment.file, segment.bytes, lines);
      segment.bytes += appended.bytes;
      if (appended.torn) this.#leave();
      return { ...appended, error: appended.error && storeUnavailable("writing the ledger", appended.error) };
    });
  }

  #leave(): void {
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
    this.#leave();
    this.#segment = segment;
    return segment;
  }
}
