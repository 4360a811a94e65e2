// Which tasks of one registry are read at a poll: all that are not over, the newest first, and never more than a bounded number.
import { OarnError } from "../errors.ts";

/** Ids that are looked at, counted from the newest; older ones have run out of time in any registry of ordinary size. */
const WINDOW = 5000n;
/** Reads of one pass; the rest follow at the next. */
const MOST_READS = 400;
/** A registry that counts further does not count tasks. */
const MOST_TASKS = 10n ** 12n;

export class Pages {
  readonly #over = new Set<bigint>();
  #offset = 0;
  /** Until which events are known. */
  lastBlock: bigint | undefined;
  /** Ids that are not over, as far as is known. */
  open = 0;

  /** @throws OarnError for a count that no registry can have */
  due(count: bigint): readonly bigint[] {
    if (count > MOST_TASKS) throw new OarnError("oarn_registry", 503, "it counts more tasks than there can be");
    const oldest = count > WINDOW ? count - WINDOW + 1n : 1n;
    for (const id of this.#over) if (id < oldest) this.#over.delete(id);
    const ids: bigint[] = [];
    for (let id = count; id >= oldest; id--) if (!this.#over.has(id)) ids.push(id);
    this.open = ids.length;
    if (ids.length <= MOST_READS) return ids;
    // The newest each time, and of the others the next ones.
    const newest = ids.slice(0, MOST_READS / 2);
    const others = ids.slice(MOST_READS / 2);
    const from = this.#offset % others.length;
    this.#offset = from + MOST_READS / 2;
    return [...newest, ...[...others, ...others].slice(from, from + MOST_READS / 2)];
  }

  close(id: bigint): void {
    if (!this.#over.has(id)) this.open--;
    this.#over.add(id);
  }

  seen(block: bigint): void {
    this.lastBlock = block;
  }
}
