// Who has one of a network's places, and who waits for one: claimed jobs first, and no claim that the budget does not allow.
import type { Clock } from "../../core/clock.ts";

/** The budget tells nobody when it has places again. */
const LOOK_MS = 1000;

interface Waiting {
  readonly id: string;
  readonly claimed: boolean;
  readonly resolve: (granted: boolean) => void;
}

export interface PlacesPorts {
  /** Whether the budget has a place for one job more. */
  mayClaim(): boolean;
  /** How many are held now. */
  changed(held: number): void;
}

export class Places {
  readonly #most: number;
  readonly #clock: Clock;
  readonly #ports: PlacesPorts;
  readonly #held = new Set<string>();
  #waiting: Waiting[] = [];
  #empty: (() => void)[] = [];
  #cancelLook: (() => void) | undefined;

  constructor(most: number, clock: Clock, ports: PlacesPorts) {
    this.#most = most;
    this.#clock = clock;
    this.#ports = ports;
  }

  get held(): number {
    return this.#held.size;
  }

  has(id: string): boolean {
    return this.#held.has(id);
  }

  /** It had one in the run before, and keeps it, even if there are fewer now. */
  keep(id: string): void {
    this.#held.add(id);
    this.#ports.changed(this.held);
  }

  /** False when it was called off. */
  enter(id: string, claimed: boolean): Promise<boolean> {
    if (this.has(id)) return Promise.resolve(true);
    return new Promise((resolve) => {
      this.#waiting.push({ id, claimed, resolve });
      this.#grant();
    });
  }

  leave(id: string): void {
    if (!this.#held.delete(id)) return;
    this.#ports.changed(this.held);
    this.#grant();
  }

  /** Those who wait are told that there will be none for them. */
  callOff(who: "all" | "unclaimed"): void {
    const called = this.#waiting.filter(({ claimed }) => who === "all" || !claimed);
    this.#waiting = this.#waiting.filter((one) => !called.includes(one));
    for (const { resolve } of called) resolve(false);
    if (this.#waiting.length === 0) this.#rest();
  }

  /** Resolves when nobody has a place, and nobody who waits could get one. */
  whenEmpty(): Promise<void> {
    if (this.held === 0) return Promise.resolve();
    return new Promise((resolve) => this.#empty.push(resolve));
  }

  #grant(): void {
    const order = [...this.#waiting.filter((one) => one.claimed), ...this.#waiting.filter((one) => !one.claimed)];
    for (const one of order) {
      if (this.held >= this.#most) break;
      if (!one.claimed && !this.#ports.mayClaim()) break;
      this.#waiting = this.#waiting.filter((other) => other !== one);
      this.keep(one.id);
      one.resolve(true);
    }
    if (this.#waiting.length === 0 || this.held >= this.#most) this.#rest();
    else this.#lookAgain();
    if (this.held > 0) return;
    for (const resolve of this.#empty.splice(0)) resolve();
  }

  #lookAgain(): void {
    this.#cancelLook ??= this.#clock.after(LOOK_MS, () => {
      this.#cancelLook = undefined;
      this.#grant();
    });
  }

  #rest(): void {
    this.#cancelLook?.();
    this.#cancelLook = undefined;
  }
}
