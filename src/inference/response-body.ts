// A response body that is made as fast as it is read: a slow reader holds the model server back, and fills no memory.
import type { Clock } from "../core/clock.ts";

/** A reader that takes nothing of what is ready for this long has gone, as far as we can tell: its place is needed. */
const STALL_MS = 60_000;

/** @param leave called when the reader goes away, or stops reading, before the end */
export function responseBody(
  source: AsyncGenerator<Uint8Array>,
  leave: () => void,
  clock: Clock,
): ReadableStream<Uint8Array> {
  let cancelTimer = () => {};
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        cancelTimer();
        const { done, value } = await source.next();
        if (done) {
          controller.close();
          return;
        }
        controller.enqueue(value);
        cancelTimer = clock.after(STALL_MS, () => {
          leave();
          controller.error(new Error("the reader stopped reading"));
        });
      },
      async cancel() {
        cancelTimer();
        // Before the generator's own end: it may be waiting for the model server just now.
        leave();
        await source.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
