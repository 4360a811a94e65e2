import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { ledgerRow } from "../../../test/fakes/ledger-row.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import type { LedgerRow } from "../../core/ledger.ts";
import { parseRow } from "../ledger/row.ts";
import { Outbox } from "./outbox.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-outbox-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const folder = () => join(home, "fxn.outbox");
const bytes = () => readdirSync(folder()).reduce((sum, name) => sum + statSync(join(folder(), name)).size, 0);

/** A store that takes rows when it is up. */
function open(options: { up?: boolean; process?: number; owns?: (process: number) => boolean } = {}) {
  const [clock, log] = [new FakeClock(), new FakeLog()];
  const { process = 0, owns = (other: number) => other === process } = options;
  const taken: string[] = [];
  const store = {
    up: options.up ?? true,
    async put(rows: readonly LedgerRow[]) {
      if (!store.up) throw new Error("store is down");
      taken.push(...rows.map(({ id }) => id));
    },
  };
  return { outbox: new Outbox({ home, process, owns, store, clock, log }), store, taken, clock, log };
}

const add = (outbox: Outbox, ...ids: string[]) => Promise.all(ids.map((id) => outbox.append(ledgerRow({ id }))));

describe("outbox of ledger rows", () => {
  test("rows arrive in order and leave nothing behind", async () => {
    const { outbox, taken, clock } = open();
    await add(outbox, "1", "2", "3");
    await clock.advance(0);
    await add(outbox, "4");
    await clock.advance(0);
    expect([taken, bytes()]).toEqual([["1", "2", "3", "4"], 0]);
  });

  test("a store that is down: rows wait, in order, and are delivered when it is back", async () => {
    const { outbox, store, taken, clock, log } = open({ up: false });
    await add(outbox, "1", "2");
    await clock.advance(60_000);
    await add(outbox, "3");
    expect(taken).toEqual([]);
    store.up = true;
    await clock.advance(1000);
    expect([taken, bytes()]).toEqual([["1", "2", "3"], 0]);
    expect(log.lines.map(({ message }) => message)).toEqual([
      "ledger rows wait in the outbox",
      "ledger rows are delivered again",
    ]);
  });

  test("kill -9: rows of a process that never closed anything are delivered by the next", async () => {
    const script = `
      const { Outbox } = await import(${JSON.stringify(join(import.meta.dir, "outbox.ts"))});
      const { systemClock } = await import(${JSON.stringify(join(import.meta.dir, "../../core/clock.ts"))});
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const store = { put: () => Promise.reject(new Error("down")) };
      const outbox = new Outbox({ home: ${JSON.stringify(home)}, process: 0, owns: () => true, store, clock: systemClock, log });
      const row = ${JSON.stringify(ledgerRow())};
      await Promise.all(Array.from({ length: 500 }, (_, i) => outbox.append({ ...row, id: String(i) })));
      process.kill(process.pid, "SIGKILL");`;
    await Bun.spawn([process.execPath, "-e", script]).exited;
    const { taken, clock } = open();
    await clock.advance(0);
    expect(taken).toEqual(Array.from({ length: 500 }, (_, i) => String(i)));
  });

  test("torn: half a last line is left out, whole ones are not, and new rows do not join it", async () => {
    const first = open({ up: false });
    await add(first.outbox, "1");
    first.outbox.close();
    for (const name of readdirSync(folder())) appendFileSync(join(folder(), name), `{"id":"2","at"`);
    const { outbox, taken, clock } = open();
    await add(outbox, "3");
    await clock.advance(0);
    expect([taken, bytes()]).toEqual([["1", "3"], 0]);
  });

  test("a line that is no row is left out and said, the others arrive", async () => {
    const { outbox } = open({ up: false });
    outbox.close();
    writeFileSync(join(folder(), "0-1.jsonl"), `nonsense\n${JSON.stringify(ledgerRow({ id: "1" }))}\n{}\n`);
    const { taken, clock, log } = open();
    await clock.advance(0);
    expect(taken).toEqual(["1"]);
    expect(log.lines).toContainEqual({ level: "error", fields: { lines: 2 }, message: "no ledger row: left out" });
  });

  test("each process delivers its own; what a worker of an earlier run left falls to the node", async () => {
    for (const process of [1, 2]) {
      const { outbox } = open({ up: false, process });
      await add(outbox, `of ${process}`);
      outbox.close();
    }
    const worker = open({ process: 1 });
    const node = open({ owns: (process) => process === 0 || process > 1 });
    await Promise.all([worker.clock.advance(0), node.clock.advance(0)]);
    expect([worker.taken, node.taken]).toEqual([["of 1"], ["of 2"]]);
  });

  test("more than one file and one batch: all rows, in order, each once", async () => {
    const { outbox, store, taken, clock } = open({ up: false });
    const ids = Array.from({ length: 12_000 }, (_, i) => `row-${i}-${"x".repeat(100)}`);
    for (let i = 0; i < ids.length; i += 1000) await add(outbox, ...ids.slice(i, i + 1000));
    expect(readdirSync(folder()).length).toBeGreaterThan(1);
    store.up = true;
    for (let i = 0; i < 20; i++) await clock.advance(500);
    expect(taken).toEqual(ids);
    expect([readdirSync(folder()).length, bytes()]).toEqual([1, 0]);
  });

  test("rows appended while a batch is on its way are not lost", async () => {
    const { outbox, store, taken, clock } = open();
    const put = store.put;
    store.put = async (rows) => {
      if (taken.length === 0) await add(outbox, "2");
      await put(rows);
    };
    await add(outbox, "1");
    await add(outbox, "3");
    await clock.advance(0);
    expect([taken, bytes()]).toEqual([["1", "2", "3"], 0]);
  });

  test("its files are the owner's alone", async () => {
    const { outbox } = open({ up: false });
    await add(outbox, "1");
    expect(statSync(folder()).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder())) expect(statSync(join(folder(), name)).mode & 0o777).toBe(0o600);
  });
});

describe("a row as text", () => {
  test("comes back as it was", () => {
    for (const row of [ledgerRow(), ledgerRow({ promptTokens: null, firstTokenMs: null, tokenSource: "none" })]) {
      expect(parseRow(JSON.stringify(row))).toEqual(row);
    }
  });

  test("changed in any byte it is a row or nothing, never an error", () => {
    const text = Buffer.from(JSON.stringify(ledgerRow()));
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(255), (at, byte) => {
        const mutated = Buffer.from(text);
        mutated[at] = byte;
        const row = parseRow(mutated.toString());
        if (row !== undefined) expect(parseRow(JSON.stringify(row))).toEqual(row);
      }),
      { numRuns: 2000 },
    );
  });
});
