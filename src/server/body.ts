// Reads a request body under limits: its own size, its time, and the memory of all bodies together.

import { setImmediate as otherWork } from "node:timers/promises";
import type { Deadlines } from "../lib/deadlines.ts";
import { HttpError } from "./errors.ts";

/**
 * Bytes of bodies held at once, over all requests. When they do not fit, the body that has been arriving for longest is
 * given up: who opens many and lets them trickle must not keep the others out.
 */
export class BodyBudget {
  #max: number;
  readonly #onChange: (held: number) => void;
  /** Bodies that are still arriving, the oldest first; called, each gives itself up and its bytes back. */
  readonly #arriving = new Set<() => void>();
  #held = 0;

  constructor(max: number, onChange: (held: number) => void) {
    this.#max = max;
    this.#onChange = onChange;
  }

  /** For what comes from now on. */
  limitTo(max: number): void {
    this.#max = max;
  }

  /** A body begins to arrive; call the result when it is there, or given up. */
  enter(giveUp: () => void): () => void {
    this.#arriving.add(giveUp);
    return () => this.#arriving.delete(giveUp);
  }

  /** Throws HttpError (503) when the bytes do not fit and no older body can be given up. */
  take(bytes: number, own: () => void): void {
    for (const giveUp of this.#arriving) {
      if (this.#held + bytes <= this.#max || giveUp === own) break;
      this.#arriving.delete(giveUp);
      giveUp();
    }
    if (this.#held + bytes > this.#max) throw buffersFull();
    this.#change(bytes);
  }

  give(bytes: number): void {
    this.#change(-bytes);
  }

  #change(bytes: number): void {
    this.#held += bytes;
    this.#onChange(this.#held);
  }
}

export interface BodyPorts {
  readonly budget: BodyBudget;
  readonly deadlines: Deadlines;
}

export interface BodyLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/**
 * The whole body, counted as it arrives, so that a chunked body has the same limit as one with Content-Length; a small
 * one that says its length is counted at once, and read without a stream, which would cost more than all the rest.
 * The budget holds its bytes until the caller of this function gives them back.
 * @param onPart sees the bytes in order, part by part as they arrive
 * @throws HttpError body_too_large (413), body_timeout (408), body_incomplete (400), buffers_full (503)
 */
export async function readBody(
  request: Request,
  { maxBytes, timeoutMs }: BodyLimits,
  { budget, deadlines }: BodyPorts,
  onPart: (part: Uint8Array) => void = () => {},
): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  if (declared > 0 && declared <= AT_ONCE_BYTES) {
    const whole = await readAtOnce(request, declared, timeoutMs, { budget, deadlines });
    onPart(whole);
    return whole;
  }
  if (!request.body) return new Uint8Array(0);
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  let stopped: HttpError | undefined;
  const stop = (why: HttpError) => {
    stopped ??= why;
    budget.give(size);
    size = 0;
    void reader.cancel().catch(() => {});
  };
  const giveUp = () => stop(buffersFull());
  const leave = budget.enter(giveUp);
  const deadline = { expired: () => stop(tooSlow(timeoutMs)) };
  deadlines.set(deadline, timeoutMs);
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (stopped) break;
      if (size + part.value.length > maxBytes) throw tooLarge(maxBytes);
      budget.take(part.value.length, giveUp);
      size += part.value.length;
      chunks.push(part.value);
      onPart(part.value);
      if (endsStep(size - part.value.length, size)) await otherWork();
    }
    if (stopped) throw stopped;
    if (size < declared) throw endedEarly();
    // It is here: nothing takes it back any more.
    deadlines.clear(deadline);
    leave();
    return await joined(chunks, size);
  } catch (error) {
    const why = stopped ?? (error instanceof HttpError ? error : endedEarly(error));
    stop(why);
    throw why;
  } finally {
    deadlines.clear(deadline);
    leave();
  }
}

function readAtOnce(
  request: Request,
  size: number,
  timeoutMs: number,
  { budget, deadlines }: BodyPorts,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let over = false;
    const end = (settle: () => void) => {
      if (over) return;
      over = true;
      deadlines.clear(deadline);
      leave();
      settle();
    };
    const refuse = (why: HttpError) =>
      end(() => {
        budget.give(size);
        reject(why);
      });
    const giveUp = () => refuse(buffersFull());
    const leave = budget.enter(giveUp);
    const deadline = { expired: () => refuse(tooSlow(timeoutMs)) };
    deadlines.set(deadline, timeoutMs);
    try {
      budget.take(size, giveUp);
    } catch (error) {
      end(() => reject(error));
      return;
    }
    request.bytes().then(
      (bytes) => (bytes.length < size ? refuse(endedEarly()) : end(() => resolve(bytes))),
      (error: unknown) => refuse(endedEarly(error)),
    );
  });
}

async function joined(chunks: readonly Uint8Array[], size: number): Promise<Uint8Array> {
  const [first] = chunks;
  if (first && chunks.length === 1) return first;
  const whole = Buffer.allocUnsafe(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
    if (endsStep(at - chunk.length, at)) await otherWork();
  }
  return whole;
}

/** Few enough that who says so much and sends nothing holds little. */
const AT_ONCE_BYTES = 64 * 1024;

/** Bytes that are read, hashed or copied before other requests get their turn: 40 MB in one go would take 100 ms. */
const STEP_BYTES = 256 * 1024;

function endsStep(before: number, now: number): boolean {
  return Math.floor(before / STEP_BYTES) < Math.floor(now / STEP_BYTES);
}

/**
 * Whether an answer given before the body was read should close the connection: reading the rest only to keep it would
 * let anyone make us read for ever. A small rest is read, since a close may reach the sender before the answer does.
 */
export function leavesMuchUnread(request: Request): boolean {
  // In this order: asking for the body makes a stream of it.
  if (request.bodyUsed) return false;
  const length = request.headers.get("content-length");
  return (length === null || Number(length) > SMALL_REST) && request.body !== null;
}

const SMALL_REST = 64 * 1024;

/** The connection is closed with the refusal: its sender may still be sending. */
const CLOSE = { headers: { Connection: "close" } };

function tooLarge(maxBytes: number): HttpError {
  return new HttpError("body_too_large", 413, `the body is larger than ${maxBytes} bytes`, CLOSE);
}

function tooSlow(timeoutMs: number): HttpError {
  return new HttpError("body_timeout", 408, `the body did not arrive within ${timeoutMs / 1000} s`, CLOSE);
}

function endedEarly(cause?: unknown): HttpError {
  return new HttpError("body_incomplete", 400, "the body ended early", { ...CLOSE, cause });
}

function buffersFull(): HttpError {
  return new HttpError("buffers_full", 503, "too many request bodies are being received", {
    headers: { "Retry-After": "1", Connection: "close" },
    hint: "limits.bufferedBodies bounds the memory of request bodies.",
  });
}
