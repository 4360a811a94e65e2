// A stream that is promised before its model server has answered: comments until it does, and errors as events.
import { errorBody } from "../core/error-body.ts";
import { FxnError } from "../core/errors.ts";
import type { Answer } from "./answer.ts";
import { InferenceError } from "./errors.ts";
import type { Reply } from "./exchange.ts";
import { whileWaiting } from "./heartbeat.ts";
import { errorEvent, isEventStream, type RelayPorts, relayEvents } from "./relay-events.ts";
import { isObject } from "./request.ts";

/** An error message is short; of anything longer only the status is told. */
const MAX_ERROR_BYTES = 64 * 1024;

export async function* lateStream(
  answer: Answer,
  coming: Promise<Reply>,
  ports: RelayPorts,
): AsyncGenerator<Uint8Array> {
  try {
    const reply = yield* whileWaiting(coming, ports.heartbeatInterval, ports.deadlines);
    if (isEventStream(reply)) {
      yield* relayEvents(answer, reply, ports);
    } else {
      throw await errorOf(reply);
    }
  } catch (error) {
    if (answer.hasLeft) return;
    const status = error instanceof FxnError ? error.status : 500;
    await answer.settle("error", status, error instanceof FxnError ? error.code : undefined);
    yield errorEvent(errorBody(error));
  } finally {
    answer.close();
  }
}

/** An answer that is no stream, in the model server's own words where it used OpenAI's form. */
async function errorOf({ status, body }: Reply): Promise<InferenceError> {
  const shown = status >= 400 ? status : 502;
  const otherwise =
    status >= 400 ? `the model server answered ${status}` : "the model server did not answer with a stream";
  return new InferenceError("backend_error", shown, (await messageIn(body)) ?? otherwise);
}

async function messageIn(body: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > MAX_ERROR_BYTES) return undefined;
      chunks.push(chunk);
    }
    const json: unknown = JSON.parse(Buffer.concat(chunks).toString());
    const error = isObject(json) ? json.error : undefined;
    const message = isObject(error) ? error.message : undefined;
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}
