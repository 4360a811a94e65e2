// Reads a stream's events as they pass: which is what, how many have content, and the usage when the server tells it.
import type { SseEvent } from "../lib/sse.ts";
import { type Meter, NO_TOKENS, type Tokens } from "./meter.ts";
import { isObject } from "./request.ts";
import { type Usage, usageOf } from "./usage.ts";

/** usage: a chunk that exists only to carry the token counts. done: OpenAI's [DONE]. */
export type EventKind = "content" | "usage" | "done" | "other";

/** Text that a chunk adds, under its names in chat, completions, reasoning models, tool calls and the responses API. */
const CONTENT = /"(?:content|text|reasoning_content|reasoning|refusal|arguments|delta)"\s*:\s*"[^"]/;
/** Most servers send "usage":null in every chunk; only an object is worth parsing. */
const USAGE = /"usage"\s*:\s*\{/;
const DONE = "[DONE]";
/** [DONE] with its field name and blank line is far shorter. */
const MAX_DONE_BYTES = 64;

export class StreamMeter implements Meter {
  #usage: Usage | undefined;
  #contentEvents = 0;

  read(event: SseEvent): EventKind {
    const { raw } = event;
    const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString("latin1");
    if (raw.length <= MAX_DONE_BYTES && text.includes(DONE) && event.data()?.trim() === DONE) return "done";
    const usageOnly = USAGE.test(text) && this.#readUsage(event);
    if (usageOnly) return "usage";
    if (!CONTENT.test(text)) return "other";
    this.#contentEvents++;
    return "content";
  }

  tokens(): Tokens {
    if (this.#usage) return { ...this.#usage, source: "backend" };
    if (this.#contentEvents === 0) return NO_TOKENS;
    // A model server sends one chunk a token; that is the best count there is.
    return { promptTokens: null, completionTokens: this.#contentEvents, source: "counted" };
  }

  /** Keeps the latest usage; true when the event has nothing else. */
  #readUsage(event: SseEvent): boolean {
    const data = parsed(event.data());
    if (!isObject(data)) return false;
    const response = data.response;
    const usage = usageOf(data.usage ?? (isObject(response) ? response.usage : undefined));
    if (usage) this.#usage = usage;
    const choices = data.choices;
    return usage !== undefined && Array.isArray(choices) && choices.length === 0;
  }
}

function parsed(data: string | undefined): unknown {
  try {
    return data === undefined ? undefined : JSON.parse(data);
  } catch {
    return undefined;
  }
}
