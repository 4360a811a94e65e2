// Passes on a stream of events, each whole and as it comes; a stream that breaks ends in an error event, never cleanly.
import { type ErrorBody, errorBody } from "../core/error-body.ts";
import { messageOf } from "../core/errors.ts";
import type { Deadlines } from "../lib/deadlines.ts";
import { type SseEvent, SseSplitter } from "../lib/sse.ts";
import type { Answer } from "./answer.ts";
import { InferenceError } from "./errors.ts";
import type { Reply } from "./exchange.ts";
import { settledWithin, whileWaiting } from "./heartbeat.ts";
import { COMPLETION_ROUTES } from "./request.ts";
import { StreamMeter } from "./stream-meter.ts";

export interface RelayPorts {
  readonly deadlines: Deadlines;
  /** Milliseconds of silence after which the caller gets a comment. */
  readonly heartbeatInterval: number;
}

/** After [DONE] a server ends its answer at once; one that does not loses its connection after this many milliseconds. */
const END_AFTER_DONE_MS = 1000;

interface Passed {
  /** undefined for none. */
  readonly bytes: Uint8Array | undefined;
  readonly done: boolean;
  /** Resolves when the row is written; undefined when none is due yet. */
  readonly written: Promise<void> | undefined;
}

export function isEventStream({ status, headers }: Reply): boolean {
  return status === 200 && /^text\/event-stream\b/i.test(headers.get("content-type") ?? "");
}

export async function* relayEvents(answer: Answer, reply: Reply, ports: RelayPorts): AsyncGenerator<Uint8Array> {
  const meter = new StreamMeter();
  answer.meter = meter;
  const splitter = new SseSplitter();
  const chunks = reply.body[Symbol.asyncIterator]();
  /** The bytes to pass on, if any; the row is written before the last event leaves. */
  const pass = (events: readonly SseEvent[]): Passed => {
    const passed: Uint8Array[] = [];
    for (const event of events) {
      const kind = meter.read(event);
      if (kind === "content") answer.firstToken();
      if (kind === "usage" && reply.dropUsage) continue;
      passed.push(event.raw);
      answer.bytesOut += event.raw.length;
      if (kind !== "done") continue;
      return { bytes: joined(passed), done: true, written: answer.settle("ok", reply.status) };
    }
    return { bytes: joined(passed), done: false, written: undefined };
  };
  try {
    for (;;) {
      const next = yield* whileWaiting(chunks.next(), ports.heartbeatInterval, ports.deadlines);
      if (next.done) break;
      // What came together leaves together: a turn for each event would be most of the work.
      const { bytes, done, written } = pass(splitter.push(next.value));
      if (written) await written;
      if (bytes) yield bytes;
      if (!done) continue;
      // Reading to the end lets the connection serve the next request.
      const end = chunks.next().then((last) => last.done && answer.arrived());
      await settledWithin(end, END_AFTER_DONE_MS, ports.deadlines);
      return;
    }
    answer.arrived();
    const rest = splitter.rest();
    const last = rest && pass([rest]);
    // Without framing and without [DONE], a cut looks just like the end.
    if (!last?.done && reply.framing === "close" && COMPLETION_ROUTES.includes(answer.call.path)) {
      throw new Error("the connection ended before [DONE]");
    }
    await (last?.written ?? answer.settle("ok", reply.status));
    if (last?.bytes) yield last.bytes;
  } catch (error) {
    if (answer.hasLeft) return;
    await answer.settle("cut", reply.status, messageOf(error));
    yield errorEvent(
      errorBody(new InferenceError("backend_stream_cut", 502, "the model server's answer was cut before its end")),
    );
  } finally {
    answer.close();
  }
}

/** undefined for none. */
function joined(pieces: readonly Uint8Array[]): Uint8Array | undefined {
  return pieces.length > 1 ? Buffer.concat(pieces) : pieces[0];
}

export function errorEvent(body: ErrorBody): Uint8Array {
  return new TextEncoder().encode(`data: ${JSON.stringify(body)}\n\n`);
}
