// A stream of the Messages API as texts and an ending: in pieces as they come, and whole only with message_stop.
import type { z } from "zod";
import { BackendError } from "../../core/backend.ts";
import { type SseEvent, SseSplitter } from "../../lib/sse.ts";
import { badResponse } from "../http-server.ts";
import type { Ending, TextSource } from "../openai-reply.ts";
import { shown } from "../translated.ts";
import { promptTokensOf, reasonOf, streamEvent } from "./messages.ts";

type Event = z.output<typeof streamEvent>;

/** An error that the server sent as an event. */
export class StreamRefusal extends BackendError {
  readonly kind: string;
  readonly said: string;

  constructor(label: string, kind: string, said: string) {
    super("cut", 502, `${label}: the stream ended in ${shown(kind)}: ${shown(said)}`);
    this.kind = kind;
    this.said = said;
  }
}

/** The first texts, perhaps none, come with the first event. Throws BackendError, StreamRefusal among them. */
export async function* textsOf(body: AsyncIterable<Uint8Array>, label: string): TextSource {
  const splitter = new SseSplitter();
  let promptTokens: number | null = null;
  let completionTokens: number | null = null;
  let reason = "stop";
  /** The ending, when the event is the last. */
  const take = (event: Event, texts: string[]): Ending | undefined => {
    if ("error" in event) throw new StreamRefusal(label, event.error.type, event.error.message);
    if ("message" in event) promptTokens = promptTokensOf(event.message.usage);
    else if ("usage" in event) {
      completionTokens = event.usage.output_tokens;
      if (event.delta.stop_reason) reason = reasonOf(event.delta.stop_reason);
    } else if ("delta" in event && "text" in event.delta) texts.push(event.delta.text);
    return event.type === "message_stop" ? { reason, promptTokens, completionTokens } : undefined;
  };
  let begun = false;
  for await (const chunk of body) {
    const texts: string[] = [];
    let ending: Ending | undefined;
    let first = false;
    for (const event of splitter.push(chunk)) {
      const read = eventOf(event, label);
      if (read) ending ??= take(read, texts);
      first ||= !begun && read !== undefined;
    }
    begun ||= first;
    if (first || texts.length > 0) yield texts;
    if (ending) return ending;
  }
  throw new BackendError("cut", 502, `${label}: the answer ended before message_stop`);
}

/** undefined: a comment. */
function eventOf(event: SseEvent, label: string): Event | undefined {
  const data = event.data();
  if (data === undefined) return undefined;
  try {
    return streamEvent.parse(JSON.parse(data));
  } catch {
    throw badResponse(label, "an event of the stream is not one of the Messages API");
  }
}
