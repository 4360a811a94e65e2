// What a network keeps over restarts, for commands beside a node that may run or not.
import type { Clock } from "../core/clock.ts";
import type { NetworkState } from "../core/network-state.ts";
import { openReadOnly } from "../store/database.ts";
import { networkState } from "../store/network-state.ts";
import { openHomeDatabase } from "./home-database.ts";

/** @throws StoreError */
export function writeHomeState(home: string, network: string, clock: Clock, work: (state: NetworkState) => void): void {
  const db = openHomeDatabase(home);
  try {
    work(networkState(db, network, clock));
  } finally {
    db.close();
  }
}

/** Undefined in a home that has kept nothing. @throws StoreError */
export function readHomeState<T>(
  home: string,
  network: string,
  clock: Clock,
  work: (state: NetworkState) => T,
): T | undefined {
  const db = openReadOnly(home);
  try {
    return db && work(networkState(db, network, clock));
  } finally {
    db?.close();
  }
}
