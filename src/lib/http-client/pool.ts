// The connections at rest, by origin: the one used last is used first, and one that stirs is let go.

import type { Deadlines } from "../deadlines.ts";
import type { Connection, ConnectionUser } from "./connection.ts";
import type { Origin } from "./target.ts";

export interface PoolLimits {
  /** Connections at rest to each origin. */
  readonly maxIdleConns: number;
  /** Milliseconds. */
  readonly idleConnTimeout: number;
}

export class Pool implements ConnectionUser {
  #limits: PoolLimits;
  readonly #deadlines: Deadlines;
  readonly #idle = new Map<string, Connection[]>();

  constructor(limits: PoolLimits, deadlines: Deadlines) {
    this.#limits = limits;
    this.#deadlines = deadlines;
  }

  /** Its deadline goes on until it is given another. */
  take(origin: Origin): Connection | undefined {
    return this.#idle.get(origin.key)?.pop();
  }

  /** Takes a connection that could carry another request, whatever its deadline: keeps or closes it. */
  give(connection: Connection): void {
    const { key } = connection.origin;
    const idle = this.#idle.get(key) ?? [];
    if (idle.length >= this.#limits.maxIdleConns) {
      this.#deadlines.clear(connection);
      connection.close();
      return;
    }
    idle.push(connection);
    this.#idle.set(key, idle);
    connection.user = this;
    this.#deadlines.set(connection, this.#limits.idleConnTimeout);
  }

  /** Those at rest are kept by the new limits too. */
  limitTo(limits: PoolLimits): void {
    this.#limits = limits;
    for (const idle of [...this.#idle.values()].map((all) => [...all])) {
      // The one used last stands last, and is the first to be used again.
      const over = Math.max(0, idle.length - limits.maxIdleConns);
      for (const connection of idle.slice(0, over)) this.expired(connection);
      for (const connection of idle.slice(over)) this.#deadlines.set(connection, limits.idleConnTimeout);
    }
  }

  close(): void {
    for (const connection of [...this.#idle.values()].flat()) this.expired(connection);
  }

  opened(): void {}

  /** Nobody has asked for anything: it would be taken for the answer to the next request (response poisoning). */
  received(connection: Connection): void {
    this.#drop(connection);
    connection.destroy();
  }

  closed(connection: Connection): void {
    this.#drop(connection);
  }

  expired(connection: Connection): void {
    this.#drop(connection);
    connection.close();
  }

  #drop(connection: Connection): void {
    this.#deadlines.clear(connection);
    const { key } = connection.origin;
    const others = this.#idle.get(key)?.filter((other) => other !== connection) ?? [];
    if (others.length > 0) this.#idle.set(key, others);
    else this.#idle.delete(key);
  }
}
