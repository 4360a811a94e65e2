// One node on a home: a lock that the operating system takes back however the node ends.
import { Database } from "bun:sqlite";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../core/errors.ts";
import { StoreError } from "./errors.ts";

const LOCK_FILE = "fxn.lock";

/** Throws StoreError already_running. SQLite's lock on a file of its own, since it works on every system and needs no clean-up. */
export function claimHome(home: string): { release(): void } {
  const file = join(home, LOCK_FILE);
  let db: Database | undefined;
  try {
    closeSync(openSync(file, "a", 0o600));
    db = new Database(file);
    db.run("PRAGMA locking_mode = EXCLUSIVE");
    db.run("BEGIN EXCLUSIVE");
    const held = db;
    return { release: () => held.close() };
  } catch (cause) {
    db?.close();
    if (/locked|busy/i.test(messageOf(cause))) {
      throw new StoreError("already_running", 500, `a node is running on ${home} already`, {
        hint: "See fxn status. Two nodes need two homes.",
      });
    }
    throw new StoreError("store_unavailable", 503, `${file} cannot be locked: ${messageOf(cause)}`, { cause });
  }
}
