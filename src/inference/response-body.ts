// A response body that is made as fast as it is read: a slow reader holds the model server back, and fills no memory.

/** @param leave called when the reader goes away before the end */
export function responseBody(source: AsyncGenerator<Uint8Array>, leave: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await source.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        // Before the generator's own end: it may be waiting for the model server just now.
        leave();
        await source.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
