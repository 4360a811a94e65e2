// Registry snapshots in SQLite: what a restart serves from before the chain has answered.
import type { Database } from "bun:sqlite";
import type { Snapshot, SnapshotStore } from "../core/registry.ts";
import { guarded } from "./errors.ts";

interface SnapshotRow {
  saved_at: number;
  block: string;
  json: string;
}

export class SqliteSnapshots implements SnapshotStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  load(name: string): Snapshot | undefined {
    return guarded("reading a registry snapshot", () => {
      const row = this.#db
        .query<SnapshotRow, [string]>("SELECT saved_at, block, json FROM snapshots WHERE name = ?")
        .get(name);
      return row ? { savedAt: row.saved_at, block: BigInt(row.block), json: row.json } : undefined;
    });
  }

  save(name: string, snapshot: Snapshot): void {
    guarded("saving a registry snapshot", () =>
      this.#db
        .query("INSERT OR REPLACE INTO snapshots (name, saved_at, block, json) VALUES (?, ?, ?, ?)")
        .run(name, snapshot.savedAt, snapshot.block.toString(), snapshot.json),
    );
  }
}
