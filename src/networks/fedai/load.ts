// How much work is under way, and what routers are told of it: never more free places than there are.
export interface Capacity {
  readonly maxConcurrent: number;
  readonly currentLoad: number;
}

export class Load {
  readonly #max: number;
  readonly #base: number;
  readonly #places: () => number;
  readonly #onChange: (running: number) => void;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #former: () => number = () => 0;
  #closed = false;

  /** @param places that this network may have now, of the budget and the model servers that work */
  constructor(
    { max, load }: { readonly max: number; readonly load: number },
    places: () => number,
    onChange: (running: number) => void,
  ) {
    this.#max = max;
    this.#base = load;
    this.#places = places;
    this.#onChange = onChange;
  }

  get running(): number {
    return this.#running;
  }

  /** With what the session before this one still has to end. */
  get withFormer(): number {
    return this.#running + this.#former();
  }

  /** Places that a former session still has are not free. */
  follow(running: () => number): void {
    this.#former = running;
  }

  /** Whether the node stops. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Places that another network or the operator has, or that no model server works for, are not free. */
  capacity(): Capacity {
    const places = this.#closed ? 0 : this.#places();
    const free = Math.min(this.#max - this.#base - this.withFormer, places);
    return { maxConcurrent: this.#max, currentLoad: this.#max - Math.max(0, free) };
  }

  isFull(): boolean {
    const { maxConcurrent, currentLoad } = this.capacity();
    return currentLoad >= maxConcurrent;
  }

  /** Takes a place; call the result once to give it back. Undefined when there is none. */
  begin(): (() => void) | undefined {
    if (this.isFull()) return undefined;
    this.#change(1);
    let held = true;
    return () => {
      if (held) this.#change(-1);
      held = false;
    };
  }

  /** No new work from now on. */
  close(): void {
    this.#closed = true;
    this.#onChange(this.#running);
  }

  /** Resolves when nothing runs any more, or when the signal aborts. */
  idle(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.#running === 0 || signal.aborted) return resolve();
      this.#waiting.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  #change(by: number): void {
    this.#running += by;
    this.#onChange(this.#running);
    if (this.#running === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
