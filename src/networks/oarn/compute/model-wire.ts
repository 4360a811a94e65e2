// What the node and the process of a model say to each other over its standard input and output: a byte, a length, bytes.
import { FxnError } from "../../../core/errors.ts";

/** To the process: model once, then one input after the other. From it: opened once, an output for each, or failed and no more. */
export const KINDS = { model: 1, input: 2, opened: 3, output: 4, failed: 5 } as const;
export type Kind = keyof typeof KINDS;

export interface Frame {
  readonly kind: Kind;
  readonly body: Uint8Array<ArrayBuffer>;
}

export class WireError extends FxnError<"model_wire"> {}

const HEAD = 5;

/** What goes before the body. */
export function head(kind: Kind, length: number): Uint8Array {
  const bytes = new Uint8Array(HEAD);
  bytes[0] = KINDS[kind];
  new DataView(bytes.buffer).setUint32(1, length, true);
  return bytes;
}

export class FrameReader {
  readonly #mostBytes: number;
  #held: Uint8Array[] = [];
  #bytes = 0;

  /** @param mostBytes of a body: what is longer is not held */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** What `chunk` completes. Throws WireError. */
  *push(chunk: Uint8Array): Generator<Frame> {
    this.#held.push(chunk);
    this.#bytes += chunk.length;
    for (;;) {
      if (this.#bytes < HEAD) return;
      const first = this.#peek();
      const kind = kindOf(first.getUint8(0));
      const length = first.getUint32(1, true);
      if (length > this.#mostBytes) throw wrong(`${length} bytes where ${this.#mostBytes} are taken`);
      if (this.#bytes < HEAD + length) return;
      // A copy, so that the pieces can go.
      const all = Buffer.concat(this.#held);
      yield { kind, body: new Uint8Array(all.subarray(HEAD, HEAD + length)) };
      this.#held = [all.subarray(HEAD + length)];
      this.#bytes = all.length - HEAD - length;
    }
  }

  /** The head, which may have come in pieces. */
  #peek(): DataView {
    const [first = new Uint8Array(0)] = this.#held;
    const whole = first.length >= HEAD ? first : Buffer.concat(this.#held);
    if (whole !== first) this.#held = [whole];
    return new DataView(whole.buffer, whole.byteOffset, HEAD);
  }
}

function kindOf(byte: number): Kind {
  for (const kind of ["model", "input", "opened", "output", "failed"] as const) if (KINDS[kind] === byte) return kind;
  throw wrong(`a frame of kind ${byte}`);
}

function wrong(what: string): WireError {
  return new WireError("model_wire", 502, `the process of a model says what is not in its protocol: ${what}`);
}
