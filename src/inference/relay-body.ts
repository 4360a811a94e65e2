// Passes on an answer that is not a stream of events: as it comes, its end only when the ledger has its row.
import { messageOf } from "../core/errors.ts";
import type { Outcome } from "../core/ledger.ts";
import type { Deadlines } from "../lib/deadlines.ts";
import type { Answer } from "./answer.ts";
import { BodyMeter, meterOf } from "./body-meter.ts";
import { InferenceError } from "./errors.ts";
import type { Reply } from "./exchange.ts";
import { headersToCaller } from "./headers.ts";
import { responseBody } from "./response-body.ts";

/** Up to this many bytes an answer is read whole, so that a cut one can still be refused with a proper status. */
const WHOLE_BYTES = 256 * 1024;
/** Up to this many bytes its usage is read by parsing all of it: what is larger would keep others waiting. */
const PARSED_BYTES = 16 * 1024;
/** Statuses whose responses have no body, by the Fetch standard. */
const NO_BODY = new Set([204, 205, 304]);

export async function relayBody(answer: Answer, reply: Reply, deadlines: Deadlines): Promise<Response> {
  const { status } = reply;
  const headers = headersToCaller(reply.headers, answer.call.id);
  const toCaller = (body: Uint8Array | ReadableStream<Uint8Array>) =>
    new Response(NO_BODY.has(status) ? null : body, { status, headers });
  // Most answers of a model server that was waited for are there in one piece.
  const ready = reply.body.whole();
  if (ready) {
    await settle(answer, reply, ready);
    return toCaller(ready);
  }
  const passing = metered(answer, reply);
  const length = reply.headers.get("content-length");
  const whole = NO_BODY.has(status) || (reply.framing === "length" && Number(length ?? 0) <= WHOLE_BYTES);
  if (!whole) return toCaller(responseBody(passing, () => answer.leave(), deadlines));
  try {
    return toCaller(Buffer.concat(await Array.fromAsync(passing)));
  } catch (cause) {
    answer.throwIfLeft();
    throw new InferenceError("backend_unreachable", 502, "the model server's answer was cut", { cause });
  }
}

/** The row of an answer that is there. */
function settle(answer: Answer, reply: Reply, bytes: Uint8Array): Promise<void> {
  if (bytes.length > PARSED_BYTES) openMeter(answer, reply)?.push(bytes);
  else if (isJson(reply)) answer.meter = meterOf(bytes);
  answer.arrived();
  answer.bytesOut += bytes.length;
  const written = answer.settle(outcomeOf(reply.status), reply.status);
  answer.close();
  return written;
}

/** The answer's chunks; the last one is held back until the row is written. Throws when the answer is cut. */
async function* metered(answer: Answer, reply: Reply): AsyncGenerator<Uint8Array> {
  const meter = openMeter(answer, reply);
  let held: Uint8Array | undefined;
  try {
    for await (const chunk of reply.body) {
      if (held) yield held;
      held = chunk;
      answer.bytesOut += chunk.length;
      meter?.push(chunk);
    }
    answer.arrived();
    await answer.settle(outcomeOf(reply.status), reply.status);
    if (held) yield held;
  } catch (error) {
    answer.settle("cut", reply.status, messageOf(error));
    throw error;
  } finally {
    answer.close();
  }
}

function openMeter(answer: Answer, reply: Reply): BodyMeter | undefined {
  if (!isJson(reply)) return undefined;
  const meter = new BodyMeter();
  answer.meter = meter;
  return meter;
}

function isJson({ headers }: Reply): boolean {
  return /json/i.test(headers.get("content-type") ?? "");
}

function outcomeOf(status: number): Outcome {
  return status >= 400 ? "error" : "ok";
}
