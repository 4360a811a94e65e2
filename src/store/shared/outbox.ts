// Ledger rows on their way to a shared store: kept in files under the home until the store has them.
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Ledger, LedgerRow } from "../../core/ledger.ts";
import type { Log } from "../../core/log.ts";
import { guarded } from "../errors.ts";
import type { Appended } from "../ledger/append-lines.ts";
import { parseRow } from "../ledger/row.ts";
import { TurnWriter } from "../ledger/turn-writer.ts";
import { OutboxFile } from "./outbox-file.ts";
import type { RowStore } from "./store.ts";

export interface OutboxOptions {
  readonly home: string;
  /** Of this process among those of the node: each writes files of its own. */
  readonly process: number;
  /** Whose files of an earlier run are delivered from here. */
  readonly owns: (process: number) => boolean;
  readonly store: Pick<RowStore, "put">;
  readonly clock: Clock;
  readonly log: Log;
}

const FOLDER = "fxn.outbox";
/** A file that is never quite delivered, under steady load, is followed by another at this size. */
const FILE_BYTES = 4 * 1024 * 1024;
const BATCH_BYTES = 128 * 1024;
const RETRY_MS = 500;

/** In order, each row at least once; the store takes it once. */
export class Outbox implements Ledger {
  readonly #options: OutboxOptions;
  readonly #closed = new AbortController();
  /** The oldest first; `#current` is the last. */
  readonly #files: OutboxFile[];
  readonly #writer = new TurnWriter((lines) => this.#write(lines));
  #current: OutboxFile;
  #number: number;
  #delivering = false;

  /** Throws StoreError when the folder cannot be used. */
  constructor(options: OutboxOptions) {
    this.#options = options;
    const folder = join(options.home, FOLDER);
    guarded("opening the ledger's outbox", () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
    const found = guarded("reading the ledger's outbox", () => filesIn(folder));
    this.#files = found
      .filter(({ process }) => options.owns(process))
      .map(({ name }) => new OutboxFile(join(folder, name)));
    // Never one that was there: its last line may be half of one.
    this.#number = Math.max(0, ...found.map(({ number }) => number));
    this.#current = this.#next();
    void this.#deliver();
  }

  /** The row survives this process when its promise resolves. Rejects with StoreError. */
  append(row: LedgerRow): Promise<void> {
    return this.#writer.add(`${JSON.stringify(row)}\n`);
  }

  /** What is not delivered yet is delivered by the next node on this home. */
  close(): void {
    this.#closed.abort();
    this.#writer.flush();
    for (const file of this.#files) file.close();
  }

  #write(lines: readonly string[]): Appended {
    if (this.#current.size >= FILE_BYTES) this.#current = this.#next();
    const appended = this.#current.append(lines);
    if (appended.torn) this.#current = this.#next();
    if (!this.#delivering) void this.#deliver();
    return appended;
  }

  #next(): OutboxFile {
    const name = `${this.#options.process}-${++this.#number}.jsonl`;
    const file = new OutboxFile(join(this.#options.home, FOLDER, name));
    this.#files.push(file);
    return file;
  }

  async #deliver(): Promise<void> {
    this.#delivering = true;
    const { store, clock, log } = this.#options;
    const { signal } = this.#closed;
    let failed = false;
    for (let file = this.#files[0]; file && !signal.aborted; file = this.#files[0]) {
      try {
        const { lines, bytes } = file.lines(BATCH_BYTES);
        const rows = lines.flatMap((line) => parseRow(line) ?? []);
        if (rows.length < lines.length) log.error({ lines: lines.length - rows.length }, "no ledger row: left out");
        if (rows.length > 0) await store.put(rows);
        if (signal.aborted) return;
        if (bytes > 0) file.take(bytes);
        else if (file === this.#current) break;
        else this.#files.shift()?.remove();
        if (failed) log.info({}, "ledger rows are delivered again");
        failed = false;
      } catch (error) {
        if (!failed) log.warn({ error: messageOf(error) }, "ledger rows wait in the outbox");
        failed = true;
        await sleep(clock, RETRY_MS, signal);
      }
    }
    this.#delivering = false;
  }
}

/** "2-17.jsonl": the process's number, then the file's, in order of both. */
function filesIn(folder: string): { name: string; process: number; number: number }[] {
  return readdirSync(folder)
    .flatMap((name) => {
      const [, process, number] = /^(\d+)-(\d+)\.jsonl$/.exec(name) ?? [];
      return number === undefined ? [] : [{ name, process: Number(process), number: Number(number) }];
    })
    .sort((a, b) => a.process - b.process || a.number - b.number);
}
