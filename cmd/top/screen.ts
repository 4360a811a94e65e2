// A terminal's whole screen: taken over, drawn on, read keys from, and given back as it was.
import type { ReadStream, WriteStream } from "node:tty";

/** The other screen, no cursor, no line that goes on in the next one; then the same back. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
/** Before a line is written: after one that fills its row it would take the last character away. */
const EMPTY_LINE = "\u001b[2K";

export class Screen {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  #taken = false;

  constructor(input: ReadStream, output: WriteStream) {
    this.#input = input;
    this.#output = output;
  }

  get size(): { readonly columns: number; readonly rows: number } {
    const [columns, rows] = this.#output.getWindowSize();
    return { columns, rows };
  }

  enter(): void {
    if (this.#taken) return;
    this.#taken = true;
    this.#input.setRawMode(true);
    this.#input.resume();
    this.#output.write(ENTER);
  }

  /** Does nothing when it was given back. */
  leave(): void {
    if (!this.#taken) return;
    this.#taken = false;
    this.#output.write(LEAVE);
    this.#input.setRawMode(false);
    this.#input.pause();
  }

  draw(lines: readonly string[]): void {
    if (!this.#taken) return;
    const all = Array.from({ length: this.size.rows }, (_, i) => `${EMPTY_LINE}${lines[i] ?? ""}`);
    this.#output.write(HOME + all.join("\r\n"));
  }
}
