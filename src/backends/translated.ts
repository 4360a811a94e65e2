// How a kind that does not speak the OpenAI API answers a call: the request is read, refusals are answers.
import type { BackendCall, BackendReply } from "../core/backend.ts";
import type { Clock } from "../core/clock.ts";
import { FxnError } from "../core/errors.ts";
import { type Asked, errorReply, type ReplyFacts, streamReply, type TextSource, wholeReply } from "./openai-reply.ts";
import { UnsupportedRequest } from "./openai-request.ts";

/** What a server said instead of an answer, as its callers see it. */
export class Refusal extends FxnError<"backend_error"> {
  /** @param message shown to the caller */
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super("backend_error", status, message, { headers });
  }
}

/**
 * @param read throws UnsupportedRequest
 * @param ask resolves when the server has begun to answer; throws BackendError, or Refusal
 */
export async function translated<Request extends Asked & { readonly stream: boolean }>(
  call: BackendCall,
  clock: Clock,
  read: (call: BackendCall) => Request,
  ask: (request: Request, id: string) => Promise<TextSource>,
): Promise<BackendReply> {
  const id = call.headers["x-request-id"] ?? "";
  const facts: ReplyFacts = { id, created: Math.floor(clock.now() / 1000) };
  try {
    const request = read(call);
    const source = await ask(request, id);
    return request.stream ? streamReply(request, facts, source) : await wholeReply(request, facts, source);
  } catch (error) {
    if (error instanceof Refusal || error instanceof UnsupportedRequest) {
      return errorReply(error, Object.entries(error.headers));
    }
    throw error;
  }
}

const MAX_SHOWN = 500;

/** What a stranger wrote, for callers and logs: one line, no control characters, cut. */
export function shown(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
}
