// What the node and its compute process say to each other, over Bun's IPC; large bytes go in slices, both ways.
import { z } from "zod";

/** Few enough that sending one keeps no request waiting: about a quarter of a millisecond. */
export const SLICE_BYTES = 64 * 1024;

const id = z.number();
const bytes = z.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array);

/** A call: its slices, each once the one before was taken, then `begin`; `cancel` may come at any time. */
export const toProcess = z.union([
  z.object({ id, slice: bytes }),
  z.object({ id, begin: z.string(), input: z.unknown() }),
  z.object({ id, cancel: z.literal(true) }),
]);
export type ToProcess = z.output<typeof toProcess>;

/** `took` for each slice; then the slices of an answer, then its value or its failure. */
export const toNode = z.union([
  z.object({ id, took: z.literal(true) }),
  z.object({ id, slice: bytes }),
  z.object({ id, done: z.unknown() }),
  z.object({
    id,
    failed: z.object({ code: z.string(), status: z.number(), message: z.string(), hint: z.string().optional() }),
  }),
]);
export type ToNode = z.output<typeof toNode>;

/** Views of the same bytes. */
export function* slicesOf(whole: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < whole.length; at += SLICE_BYTES) yield whole.subarray(at, at + SLICE_BYTES);
}
