// Lets one pass each time that it is opened: two sides of a test in step with each other, however slow the machine is.

export class Turnstile {
  #open = 0;
  readonly #waiting: (() => void)[] = [];

  open(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#open++;
  }

  async pass(): Promise<void> {
    if (this.#open > 0) this.#open--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
