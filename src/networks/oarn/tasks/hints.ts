// CIDs that this node has heard of, by the hash that they may stand for: its own, which last, and those of others, which do not.
import type { Hex } from "../../../core/address.ts";
import type { NetworkState } from "../../../core/network-state.ts";
import { standsFor } from "../cids.ts";
import { cidHash } from "../hashes.ts";

/** A task as another node announces it. */
export interface TaskHint {
  readonly modelHash: string;
  readonly inputHash: string;
  readonly modelCid?: string | undefined;
  readonly inputCid?: string | undefined;
}

const OWN = "cid";
/** Heard from anybody: the oldest make room. */
const MOST_HEARD = 4096;

export class Hints {
  readonly #state: NetworkState;
  readonly #heard = new Map<string, string>();
  readonly #onTask: (hash: string | undefined) => void;

  /** @param onTask a task was announced: look at the chain now; with the hash for which a CID is news */
  constructor(state: NetworkState, onTask: (hash: string | undefined) => void) {
    this.#state = state;
    this.#onTask = onTask;
  }

  /** What this node has added or pinned itself. */
  remember(cid: string): void {
    this.#state.add(OWN, cidHash(cid), cid);
  }

  /** From anybody. Nothing in it is believed before the chain and the content agree. */
  heard(hint: TaskHint): void {
    this.#keep(hint.modelHash, hint.modelCid);
    this.#keep(hint.inputHash, hint.inputCid);
    this.#onTask(undefined);
  }

  /** CIDs that stand for that hash. */
  of(hash: Hex): readonly string[] {
    const known = [this.#state.get(OWN, hash)?.value, this.#heard.get(hash)];
    return known.filter((cid) => cid !== undefined);
  }

  #keep(hash: string, cid: string | undefined): void {
    const key = hash.toLowerCase();
    if (cid === undefined || !/^0x[0-9a-f]{64}$/.test(key) || !standsFor(cid, `0x${key.slice(2)}`)) return;
    if (this.#heard.get(key) === cid) return;
    this.#heard.delete(key);
    this.#heard.set(key, cid);
    const oldest = this.#heard.keys().next();
    if (this.#heard.size > MOST_HEARD && !oldest.done) this.#heard.delete(oldest.value);
    this.#onTask(key);
  }
}
