// What was told of each alert last, and which targets do not have it yet: on the shelf, so that a restart tells them, and only them.
import type { Condition, Notice } from "../core/alert.ts";
import type { Shelf, Told } from "./shelf.ts";

/** Of what is over; later nobody waits for it any more. */
const MOST_AGE_MS = 7 * 24 * 60 * 60_000;

interface Kept {
  readonly told: Told;
  readonly owed: Set<string>;
  /** Somebody was told that it fires: until everybody knows that it is over, the end of this process must not lose it. */
  onShelf: boolean;
}

export class ToldAlerts {
  readonly #shelf: Shelf;
  readonly #last = new Map<string, Kept>();

  constructor(shelf: Shelf, now: number) {
    this.#shelf = shelf;
    for (const told of shelf.all()) {
      if (told.state === "resolved" && now - told.toldAt > MOST_AGE_MS) shelf.remove(told.condition.id);
      else this.#last.set(told.condition.id, { told, owed: new Set(told.owed), onShelf: true });
    }
  }

  all(): readonly Told[] {
    return [...this.#last.values()].map(({ told, owed }) => ({ ...told, owed: [...owed] }));
  }

  /** Whoever is configured no more is owed nothing; what is wanted no more is forgotten. */
  narrow(targets: readonly string[], isChosen: (condition: Condition) => boolean): void {
    for (const [id, { told, owed }] of this.#last) {
      for (const target of owed) if (!targets.includes(target)) owed.delete(target);
      if (!isChosen(told.condition) || (told.state === "resolved" && owed.size === 0)) this.#forget(id);
    }
  }

  /** It is on its way to all that it is owed to. */
  sent(told: Told): void {
    const { id } = told.condition;
    const kept = { told, owed: new Set(told.owed), onShelf: this.#last.get(id)?.onShelf ?? false };
    this.#last.set(id, kept);
    if (kept.onShelf) this.#keep(kept);
  }

  taken({ at, alerts }: Notice, target: string): void {
    for (const { id, state } of alerts) {
      const kept = this.#last.get(id);
      if (!kept) continue;
      const { told, owed } = kept;
      // It may have had to wait so long that there is later news.
      if (state === told.state && at >= told.toldAt) owed.delete(target);
      if (state === "firing") kept.onShelf = true;
      if (told.state === "resolved" && owed.size === 0) this.#forget(id);
      else if (kept.onShelf) this.#keep(kept);
    }
  }

  #keep({ told, owed }: Kept): void {
    this.#shelf.keep({ ...told, owed: [...owed] });
  }

  #forget(id: string): void {
    this.#last.delete(id);
    this.#shelf.remove(id);
  }
}
