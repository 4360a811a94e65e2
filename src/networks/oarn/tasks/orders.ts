// What commands leave on the disk for the node of their home: claims made by hand, which it finishes, and tasks to announce.
import type { NetworkState } from "../../../core/network-state.ts";
import type { TaskRegistry } from "../registry/registry.ts";

/** Written before the claim is sent, so that no crash of the command can lose what was claimed. */
export const CLAIMED = "claimed-by-hand";
export const TO_ANNOUNCE = "to-announce";

export class Orders {
  readonly #state: NetworkState;
  readonly #kind: string;

  constructor(state: NetworkState, kind: typeof CLAIMED | typeof TO_ANNOUNCE) {
    this.#state = state;
    this.#kind = kind;
  }

  add(registry: TaskRegistry, id: bigint): void {
    this.#state.add(this.#kind, registry.key(id), "");
  }

  done(registry: TaskRegistry, id: bigint): void {
    this.#state.remove(this.#kind, registry.key(id));
  }

  /** Of that registry, the oldest first. */
  of(registry: TaskRegistry): readonly bigint[] {
    return this.#state.all(this.#kind).flatMap(({ key }) => {
      const id = /\/(\d{1,78})$/.exec(key)?.[1];
      return id !== undefined && registry.key(BigInt(id)) === key ? [BigInt(id)] : [];
    });
  }
}
