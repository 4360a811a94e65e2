// Reads a request body under limits: its own size, its time, and the memory of all bodies together.
import type { Clock } from "../core/clock.ts";
import { HttpError } from "./errors.ts";

/** Bytes of bodies held at once, over all requests. */
export class BodyBudget {
  readonly #max: number;
  #held = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get held(): number {
    return this.#held;
  }

  /** Throws HttpError (503) when the bytes do not fit. */
  take(bytes: number): void {
    if (this.#held + bytes > this.#max) {
      throw new HttpError("buffers_full", 503, "too many request bodies are being received", {
        headers: { "Retry-After": "1" },
        hint: "limits.bufferedBodies bounds the memory of request bodies.",
      });
    }
    this.#held += bytes;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

export interface BodyLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** The connection is closed with the refusal: its sender may still be sending. */
const CLOSE = { headers: { Connection: "close" } };

/**
 * The whole body, counted as it arrives, so that a chunked body has the same limit as one with Content-Length.
 * The budget holds its bytes until the caller of this function gives them back.
 * @throws HttpError body_too_large (413), body_timeout (408), body_incomplete (400), buffers_full (503)
 */
export async function readBody(
  request: Request,
  { maxBytes, timeoutMs }: BodyLimits,
  budget: BodyBudget,
  clock: Clock,
): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  if (!request.body) return new Uint8Array(0);
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  let timedOut = false;
  const cancelTimer = clock.after(timeoutMs, () => {
    timedOut = true;
    void reader.cancel();
  });
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (size + part.value.length > maxBytes) throw tooLarge(maxBytes);
      budget.take(part.value.length);
      size += part.value.length;
      chunks.push(part.value);
    }
    if (timedOut)
      throw new HttpError("body_timeout", 408, `the body did not arrive within ${timeoutMs / 1000} s`, CLOSE);
    if (size < declared) throw new HttpError("body_incomplete", 400, "the body ended early", CLOSE);
    return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size);
  } catch (error) {
    budget.give(size);
    void reader.cancel().catch(() => {});
    if (error instanceof HttpError) throw error;
    throw new HttpError("body_incomplete", 400, "the body ended early", { ...CLOSE, cause: error });
  } finally {
    cancelTimer();
  }
}

/**
 * Whether an answer given before the body was read should close the connection: reading the rest only to keep it would
 * let anyone make us read for ever. A small rest is read, since a close may reach the sender before the answer does.
 */
export function leavesMuchUnread(request: Request): boolean {
  const length = request.headers.get("content-length");
  return request.body !== null && !request.bodyUsed && (length === null || Number(length) > SMALL_REST);
}

const SMALL_REST = 64 * 1024;

function tooLarge(maxBytes: number): HttpError {
  return new HttpError("body_too_large", 413, `the body is larger than ${maxBytes} bytes`, CLOSE);
}
