// Runs a multiplication part by part, so that an abort is seen soon, and measures it with the device's own clock.
import type { Clock } from "../../core/clock.ts";
import type { Context } from "./context.ts";
import type { Pace } from "./pace.ts";
import { releaseAll, releasing } from "./release.ts";
import { until } from "./waiting.ts";

/** Pieces that can be computed in any number at a time, in order. */
export interface Work {
  readonly pieces: number;
  /** Multiplications and additions. */
  readonly operationsPerPiece: number;
  /** Fewer leave parts of the device idle. */
  readonly leastPieces: number;
  launch(first: number, count: number): void;
}

interface Part {
  readonly operations: number;
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * While one part runs the next one waits in the stream, so the device never does.
 * @returns milliseconds between the start of the first part and the end of the last
 */
export async function runInParts(
  context: Context,
  clock: Clock,
  work: Work,
  pace: Pace,
  signal: AbortSignal,
): Promise<number> {
  const marks: bigint[] = [];
  const mark = () => {
    const event = context.handle("cuEventCreate", (call, out) => call(out, 0));
    marks.push(event);
    context.call("cuEventRecord", (call) => call(event, context.stream));
    return event;
  };
  const finish = async ({ operations, start, end }: Part) => {
    await until(clock, () => context.passed(end), signal);
    const ms = elapsed(context, start, end);
    pace.learn(operations, ms);
    return ms;
  };

  const run = async () => {
    let total = 0;
    let running: Part | undefined;
    let start = mark();
    for (let first = 0; first < work.pieces; ) {
      signal.throwIfAborted();
      const wanted = Math.max(work.leastPieces, Math.floor(pace.operations / work.operationsPerPiece));
      const count = Math.min(wanted, work.pieces - first);
      work.launch(first, count);
      const next = { operations: count * work.operationsPerPiece, start, end: mark() };
      if (running) total += await finish(running);
      running = next;
      start = next.end;
      first += count;
    }
    return running ? total + (await finish(running)) : total;
  };
  const destroy = (event: bigint) => context.giveBack("cuEventDestroy_v2", (call) => call(event));
  return releasing(run, () => releaseAll(marks.map((event) => () => destroy(event))));
}

/** With a resolution of about half a microsecond. */
function elapsed(context: Context, start: bigint, end: bigint): number {
  const ms = new Float32Array(1);
  context.call("cuEventElapsedTime", (call) => call(ms, start, end));
  return ms[0] ?? 0;
}
