import type { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { ledgerRow } from "../../../test/fakes/ledger-row.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { openDatabase, openReadOnly } from "../database.ts";
import { StoreError } from "../errors.ts";
import { LedgerImporter } from "./importer.ts";
import { LedgerJournal } from "./journal.ts";
import { LEDGER_FOLDER } from "./segments.ts";
import { sumLedger, withJournal } from "./table.ts";

const NO_NONCES = { claim: () => undefined, refuseUpTo() {} };
const never = new AbortController().signal;
let home: string;
let db: Database;
let clock: FakeClock;
let log: FakeLog;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-ledger-"));
  db = openDatabase(home, NO_NONCES);
  clock = new FakeClock();
  log = new FakeLog();
});
afterEach(() => {
  db.close();
  rmSync(home, { recursive: true, force: true });
});

const importer = (alive: (pid: number) => boolean = () => true) => new LedgerImporter({ home, db, alive, clock, log });
async function importAll(by = importer(), signal = never): Promise<void> {
  const done = by.importAll(signal);
  let over = false;
  void done.finally(() => {
    over = true;
  });
  while (!over) await clock.advance(1);
  await done;
}
const requests = (from?: string) => sumLedger(db, [], 0, Number.MAX_SAFE_INTEGER, from)[0]?.requests;
/** As `fxn ledger` sees it, beside the node. */
function seen(): number | undefined {
  const reader = openReadOnly(home);
  try {
    return reader && sumLedger(reader, [], 0, Number.MAX_SAFE_INTEGER, withJournal(reader, home))[0]?.requests;
  } finally {
    reader?.close();
  }
}
const files = () => readdirSync(join(home, LEDGER_FOLDER));

describe("the journal", () => {
  test("a row is in the file when its promise resolves, and anybody who sums sees it at once", async () => {
    const journal = new LedgerJournal(home, clock);
    expect(seen()).toBe(0);
    await journal.append(ledgerRow());
    expect([requests(), seen()]).toEqual([0, 1]);
    await journal.append(ledgerRow());
    expect(seen()).toBe(2);
  });

  test("what was imported counts once, also while its segment is still there, and after a second import", async () => {
    const journal = new LedgerJournal(home, clock);
    await Promise.all(Array.from({ length: 1203 }, () => journal.append(ledgerRow())));
    await importAll();
    expect([requests(), seen()]).toEqual([1203, 1203]);
    await journal.append(ledgerRow());
    expect(seen()).toBe(1204);
    // A node that was killed after the import knows nothing of it.
    await importAll(importer());
    expect([requests(), seen()]).toEqual([1204, 1204]);
  });

  test("rows come back as they were written", async () => {
    const row = ledgerRow({
      promptTokens: null,
      firstTokenMs: null,
      tokenSource: "none",
      model: 'a "b"\n模',
      streamed: false,
    });
    await new LedgerJournal(home, clock).append(row);
    await importAll();
    expect(db.query("SELECT * FROM ledger").get()).toMatchObject({
      id: row.id,
      model: row.model,
      prompt_tokens: null,
      first_token_ms: null,
      streamed: 0,
      bytes_out: 2,
    });
  });

  test("a segment is deleted once its writer has begun another, or has died; never before it was imported", async () => {
    const journal = new LedgerJournal(home, clock);
    await journal.append(ledgerRow());
    await importAll();
    expect(files()).toHaveLength(1);
    await clock.advance(61_000);
    await journal.append(ledgerRow());
    expect(files()).toHaveLength(2);
    await importAll();
    expect([files().length, requests()]).toEqual([1, 2]);
    await journal.append(ledgerRow());
    await importAll(importer(() => false));
    expect([files().length, requests()]).toEqual([0, 3]);
  });

  test("a torn last line waits for its end while its writer lives, and is set aside when it is dead", async () => {
    const journal = new LedgerJournal(home, clock);
    await journal.append(ledgerRow());
    const [name = ""] = files();
    const path = join(home, LEDGER_FOLDER, name);
    const line = JSON.stringify(ledgerRow());
    appendFileSync(path, line.slice(0, 40));
    const by = importer();
    await importAll(by);
    expect([requests(), seen()]).toEqual([1, 1]);
    appendFileSync(path, `${line.slice(40)}\n`);
    await importAll(by);
    expect([requests(), seen()]).toEqual([2, 2]);
    appendFileSync(path, line.slice(0, 40));
    await importAll(importer(() => false));
    expect(files()).toEqual(["unreadable.txt"]);
    expect(readFileSync(join(home, LEDGER_FOLDER, "unreadable.txt"), "utf8")).toBe(`${line.slice(0, 40)}\n`);
    expect(log.lines.map(({ message }) => message)).toEqual(["what is no ledger row was set aside"]);
  });

  test("a line that is no row costs itself alone", async () => {
    const journal = new LedgerJournal(home, clock);
    await journal.append(ledgerRow());
    const path = join(home, LEDGER_FOLDER, files()[0] ?? "");
    appendFileSync(path, `{"id":1}\nnot json\n`);
    await journal.append(ledgerRow());
    await importAll();
    expect([requests(), seen()]).toEqual([2, 2]);
    expect(readFileSync(join(home, LEDGER_FOLDER, "unreadable.txt"), "utf8")).toBe(`{"id":1}\nnot json\n`);
  });

  test("whatever bytes a segment holds: every whole row is imported once, and nothing stops it", async () => {
    const piece = fc.oneof(
      fc.constant("row"),
      fc.string({ unit: "binary", maxLength: 30 }).map((text) => text.replaceAll("\n", " ")),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        db.run("DELETE FROM ledger");
        const journal = new LedgerJournal(home, clock);
        await journal.append(ledgerRow());
        const path = join(home, LEDGER_FOLDER, files().find((name) => name.endsWith(".jsonl")) ?? "");
        for (const text of pieces) appendFileSync(path, `${text === "row" ? JSON.stringify(ledgerRow()) : text}\n`);
        journal.close();
        await importAll(importer(() => false));
        expect(requests()).toBe(1 + pieces.filter((text) => text === "row").length);
        expect(files().filter((name) => name.endsWith(".jsonl"))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test("a line that is longer than a slice, and many short ones around it", async () => {
    const journal = new LedgerJournal(home, clock);
    const rows = Array.from({ length: 300 }, (_, i) =>
      ledgerRow(i === 150 ? { route: `/v1/${"x".repeat(200_000)}` } : {}),
    );
    await Promise.all(rows.map((row) => journal.append(row)));
    await importAll();
    expect([requests(), seen()]).toEqual([300, 300]);
  });

  test("an import that is broken off goes on later, with nothing lost or doubled", async () => {
    const journal = new LedgerJournal(home, clock);
    await Promise.all(Array.from({ length: 1200 }, () => journal.append(ledgerRow())));
    const stop = new AbortController();
    const by = importer();
    const broken = by.importAll(stop.signal);
    await clock.advance(1);
    stop.abort();
    await clock.advance(1);
    await broken;
    expect(requests()).toBeLessThan(1200);
    await importAll(by);
    expect(requests()).toBe(1200);
  });

  test("rows of one turn are all there when the first of their promises resolves, and closing waits for no turn", async () => {
    const journal = new LedgerJournal(home, clock);
    const rows = [journal.append(ledgerRow()), journal.append(ledgerRow())];
    expect(seen()).toBe(0);
    await rows[0];
    expect(seen()).toBe(2);
    const last = journal.append(ledgerRow());
    journal.close();
    expect(seen()).toBe(3);
    await last;
  });

  test("a folder that cannot be written is an error for each row, and the next one is written when it can be", async () => {
    writeFileSync(join(home, LEDGER_FOLDER), "in the way");
    const journal = new LedgerJournal(home, clock);
    await expect(journal.append(ledgerRow())).rejects.toThrow(StoreError);
    rmSync(join(home, LEDGER_FOLDER));
    await journal.append(ledgerRow());
    expect(seen()).toBe(1);
  });

  test("the files are the owner's alone", async () => {
    await new LedgerJournal(home, clock).append(ledgerRow());
    expect(statSync(join(home, LEDGER_FOLDER)).mode & 0o777).toBe(0o700);
    expect(statSync(join(home, LEDGER_FOLDER, files()[0] ?? "")).mode & 0o777).toBe(0o600);
  });
});
