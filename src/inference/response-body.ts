// A response body that is made as fast as it is read: a slow reader holds the model server back, and fills no memory.
import type { Deadlines } from "../lib/deadlines.ts";

/** A reader that takes nothing of what is ready for this long has gone, as far as we can tell: its place is needed. */
const STALL_MS = 60_000;

/** @param leave called when the reader goes away, or stops reading, before the end */
export function responseBody(
  source: AsyncGenerator<Uint8Array>,
  leave: () => void,
  deadlines: Deadlines,
): ReadableStream<Uint8Array> {
  let stopped: (why: Error) => void = () => {};
  const stall = {
    expired() {
      leave();
      stopped(new Error("the reader stopped reading"));
    },
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stopped = (why) => controller.error(why);
      },
      async pull(controller) {
        deadlines.clear(stall);
        const { done, value } = await source.next();
        if (done) {
          controller.close();
          return;
        }
        controller.enqueue(value);
        deadlines.set(stall, STALL_MS);
      },
      async cancel() {
        deadlines.clear(stall);
        // Before the generator's own end: it may be waiting for the model server just now.
        leave();
        await source.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
