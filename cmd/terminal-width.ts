// How wide the terminal is that a result goes to; a pipe has no width.
import type { Writable } from "node:stream";
import { WriteStream } from "node:tty";

/** undefined: it is no terminal, or it does not say. */
export function widthOf(output: Writable): number | undefined {
  return output instanceof WriteStream && output.isTTY && output.columns > 0 ? output.columns : undefined;
}
