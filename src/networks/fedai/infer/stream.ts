// An inference as server-sent events: chunk, chunk, …, then final or error. LF only: the network's reader knows no other.
import { type Clock, sleep } from "../../../core/clock.ts";
import type { Deadlines } from "../../../lib/deadlines.ts";
import type { InferenceRequest } from "../payloads.ts";
import { inferenceFailure } from "./failure.ts";
import type { Answer } from "./run.ts";

/** How a stream ended, for who counts and who is paid. */
export interface StreamEnd {
  /** As HTTP would have said it. */
  readonly status: number;
  /** Whether any of the answer has gone out. */
  readonly delivered: boolean;
  /** The caller left. */
  readonly left: boolean;
}

export interface StreamJob {
  readonly request: InferenceRequest;
  readonly text: AsyncGenerator<string, Answer, void>;
  /** What `text.next()` gave already. */
  readonly first: Promise<IteratorResult<string, Answer>>;
  readonly exposeErrors: boolean;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Stops the work: nobody reads any more. */
  readonly leave: () => void;
  /** Called once. */
  readonly onEnd: (end: StreamEnd) => void;
}

/** Proxies close what is silent; readers skip comments. */
const KEEP_ALIVE_MS = 10_000;
/** A reader that takes nothing of what is ready for this long has gone, as far as we can tell: its place is needed. */
const STALL_MS = 60_000;
const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache",
  connection: "keep-alive",
  "x-accel-buffering": "no",
};

export function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** What has ended already, in one piece. */
export function finishedStream(frames: readonly string[]): Response {
  return new Response(frames.join(""), { headers: HEADERS });
}

export function streamResponse(job: StreamJob): Response {
  const { text, first, exposeErrors, clock, deadlines, leave, onEnd } = job;
  const { requestId, modelId } = job.request;
  const encoder = new TextEncoder();
  let pending = first;
  let index = 0;
  let ended = false;
  const end = (status: number, left = false) => {
    if (ended) return;
    ended = true;
    onEnd({ status, delivered: index > 0, left });
  };
  let broken: (why: Error) => void = () => {};
  const left = () => {
    deadlines.clear(stall);
    end(499, true);
    leave();
  };
  const stall = {
    expired() {
      left();
      broken(new Error("the reader stopped reading"));
    },
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      broken = (why) => controller.error(why);
    },
    async pull(controller) {
      deadlines.clear(stall);
      const send = (piece: string) => controller.enqueue(encoder.encode(piece));
      try {
        const step = await unlessSilent(pending, clock);
        if (ended) return;
        if (step === undefined || !step.done) deadlines.set(stall, STALL_MS);
        if (step === undefined) return send(": waiting\n\n");
        if (!step.done) {
          send(frame("chunk", { requestId, modelId, delta: step.value, index }));
          index += 1;
          pending = text.next();
          pending.catch(() => {});
          return;
        }
        send(frame("final", step.value));
        end(200);
      } catch (error) {
        if (ended) return;
        const { code, status, details } = inferenceFailure(error, exposeErrors);
        send(frame("error", { error: code, ...(details && { details }) }));
        end(status);
      }
      controller.close();
    },
    cancel: left,
  });
  return new Response(body, { headers: HEADERS });
}

/** Undefined when nothing has come for a while; it may still come. */
export async function unlessSilent<T>(work: Promise<T>, clock: Clock, ms = KEEP_ALIVE_MS): Promise<T | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([work, sleep(clock, ms, over.signal).then(() => undefined)]);
  } finally {
    over.abort();
  }
}
