// What networks must still know after a crash, in SQLite: small facts by network, kind and key.
import type { Database } from "bun:sqlite";
import type { Clock } from "../core/clock.ts";
import type { NetworkState, StateItem } from "../core/network-state.ts";
import { guarded } from "./errors.ts";

type Bindings = [network: string, kind: string, ...rest: (string | number)[]];

const IT = "network = ? AND kind = ?";

/** A commit survives a killed process (database.ts); every call is one. */
export function networkState(db: Database, network: string, clock: Clock): NetworkState {
  const change = (sql: string, ...bindings: Bindings) =>
    guarded("writing the state of a network", () => db.query(sql).run(...bindings).changes);
  const read = (sql: string, ...bindings: Bindings) =>
    guarded("reading the state of a network", () => db.query<StateItem, Bindings>(sql).all(...bindings));
  const add = "INSERT INTO network_state (network, kind, key, value, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT";
  return {
    get: (kind, key) => read(`SELECT key, value, at FROM network_state WHERE ${IT} AND key = ?`, network, kind, key)[0],
    add: (kind, key, value) => change(`${add} DO NOTHING`, network, kind, key, value, clock.now()) === 1,
    set(kind, key, value) {
      const over = "DO UPDATE SET value = excluded.value, at = excluded.at";
      change(`${add} ${over}`, network, kind, key, value, clock.now());
    },
    remove: (kind, key) => void change(`DELETE FROM network_state WHERE ${IT} AND key = ?`, network, kind, key),
    all: (kind) => read(`SELECT key, value, at FROM network_state WHERE ${IT} ORDER BY at, rowid`, network, kind),
    forget: (kind, before) => void change(`DELETE FROM network_state WHERE ${IT} AND at < ?`, network, kind, before),
  };
}
