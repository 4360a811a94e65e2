// An answer's pieces as the control plane can store them: no NUL, and no half of a character.

export class StoredText {
  /** The first half of a character, whose second comes with the next piece. */
  #half = "";

  push(piece: string): string {
    const text = (this.#half + piece).replaceAll("\0", "");
    this.#half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? "";
    return text.slice(0, text.length - this.#half.length).toWellFormed();
  }

  /** What is left when nothing more comes. */
  end(): string {
    return this.#half.toWellFormed();
  }
}
