// What the node and its compute process say to each other, over Bun's IPC; large bytes go in slices, both ways.
import { z } from "zod";

/** Few enough that sending one keeps no request waiting: about a quarter of a millisecond. */
export const SLICE_BYTES = 64 * 1024;

const id = z.number();
const bytes = z.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array);

/** A call: its slices, each once the one before was taken, then `begin`, which always comes; `cancel` at any time. */
export const toProcess = z.union([
  z.strictObject({ id, slice: bytes }),
  z.strictObject({ id, begin: z.string(), input: z.unknown() }),
  z.strictObject({ id, cancel: z.literal(true) }),
]);
export type ToProcess = z.output<typeof toProcess>;

/** A FxnError, but for its class. */
export const failure = z.strictObject({
  code: z.string(),
  status: z.number(),
  message: z.string(),
  hint: z.string().optional(),
  headers: z.record(z.string(), z.string()),
  /** The message of what caused it: for the log. */
  cause: z.string().optional(),
});
export type Failure = z.output<typeof failure>;

/** `took` for each slice; then the slices of an answer, then its value or its failure. */
export const toNode = z.union([
  z.strictObject({ id, took: z.literal(true) }),
  z.strictObject({ id, slice: bytes }),
  z.strictObject({ id, failed: failure }),
  z.strictObject({ id, done: z.unknown() }),
]);
export type ToNode = z.output<typeof toNode>;

/** Views of the same bytes. */
export function* slicesOf(whole: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < whole.length; at += SLICE_BYTES) yield whole.subarray(at, at + SLICE_BYTES);
}
