// How much lies in fxn.db and since when, by table and by kind of a network's state; no content of a row is read.
import type { Database } from "bun:sqlite";
import { z } from "zod";
import { guarded } from "./errors.ts";

export interface Held {
  readonly rows: number;
  /** Wall clock, milliseconds; undefined: nothing lies there, or no time with it. */
  readonly oldest: number | undefined;
}

export const STATE_TABLE = "network_state";
/** What tables call the time of a row. */
const TIMES = ["at", "saved_at"];

const named = z.array(z.object({ name: z.string() }));
const counted = z.tuple([z.object({ rows: z.int(), oldest: z.number().nullable() })]);
const kinds = z.array(z.object({ network: z.string(), kind: z.string(), rows: z.int(), oldest: z.number() }));

/** By table; that of the networks' state is `stateHeld`'s. Throws StoreError. */
export function tablesHeld(db: Database): ReadonlyMap<string, Held> {
  return guarded("counting rows", () => {
    const tables = named.parse(db.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all());
    const others = tables.filter(({ name }) => name !== STATE_TABLE && !name.startsWith("sqlite_"));
    return new Map(others.map(({ name }) => [name, heldIn(db, name)]));
  });
}

export function stateHeld(db: Database): readonly (Held & { readonly network: string; readonly kind: string })[] {
  const sql = `SELECT network, kind, count(*) AS rows, min(at) AS oldest FROM ${STATE_TABLE} GROUP BY network, kind`;
  return guarded("counting rows", () => kinds.parse(db.query(sql).all()));
}

function heldIn(db: Database, table: string): Held {
  const columns = named.parse(db.query(`PRAGMA table_info("${table}")`).all()).map(({ name }) => name);
  const time = TIMES.find((name) => columns.includes(name));
  const sql = `SELECT count(*) AS rows, ${time === undefined ? "NULL" : `min("${time}")`} AS oldest FROM "${table}"`;
  const [{ rows, oldest }] = counted.parse(db.query(sql).all());
  return { rows, oldest: oldest ?? undefined };
}
