// What libp2p remembers of peers and records that strangers name, in memory: so many entries, the oldest go first.
import { MemoryDatastore } from "datastore-core";
import type { Key } from "interface-datastore";

/** A peer's entry and its addresses; a record is 64 KB at most. */
const MAX_ENTRIES = 4096;
const MAX_ENTRY_BYTES = 16 * 1024;

export class BoundedDatastore extends MemoryDatastore {
  readonly #order = new Map<string, Key>();

  override put(key: Key, value: Uint8Array): Key {
    if (value.length > MAX_ENTRY_BYTES) return key;
    const name = key.toString();
    this.#order.delete(name);
    this.#order.set(name, key);
    for (const oldest of this.#order.values()) {
      if (this.#order.size <= MAX_ENTRIES) break;
      this.delete(oldest);
    }
    super.put(key, value);
    return key;
  }

  override delete(key: Key): void {
    this.#order.delete(key.toString());
    super.delete(key);
  }
}
