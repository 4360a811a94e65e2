// The durable state of a network, in memory: for unit tests. It keeps the contract that SQLite keeps.
import type { NetworkState, StateItem } from "../../src/core/network-state.ts";

export class FakeNetworkState implements NetworkState {
  readonly #clock: { now(): number };
  readonly #kinds = new Map<string, Map<string, StateItem>>();

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  get(kind: string, key: string): StateItem | undefined {
    return this.#kinds.get(kind)?.get(key);
  }

  add(kind: string, key: string, value: string): boolean {
    if (this.get(kind, key)) return false;
    this.set(kind, key, value);
    return true;
  }

  set(kind: string, key: string, value: string): void {
    const items = this.#kinds.get(kind) ?? new Map<string, StateItem>();
    this.#kinds.set(kind, items.set(key, { key, value, at: this.#clock.now() }));
  }

  remove(kind: string, key: string): void {
    this.#kinds.get(kind)?.delete(key);
  }

  all(kind: string): readonly StateItem[] {
    return [...(this.#kinds.get(kind)?.values() ?? [])].sort((a, b) => a.at - b.at);
  }

  forget(kind: string, before: number): void {
    for (const item of this.all(kind)) if (item.at < before) this.remove(kind, item.key);
  }
}
