// The joint between a request and its trace: parts with a beginning and an end. Never a prompt or an answer in one.
import { FxnError } from "./errors.ts";

export type AttributeValue = string | number | boolean;

export interface Span {
  /** Later words replace earlier ones. */
  set(name: string, value: AttributeValue): void;
  /** In a word of a fixed list: "backend_unreachable". */
  fail(word: string): void;
  /** Only the first call counts. */
  end(): void;
}

export interface Trace {
  /** The caller is known now: a trace that it has begun is continued, and its word on sampling holds. */
  admit(): void;
  /** A part of the request. */
  part(name: string): Span;
  /** A call to another server, and the headers by which that one joins in. */
  call(name: string): { readonly span: Span; readonly headers: Readonly<Record<string, string>> };
}

/** The work, as a part of the trace; without a trace only the work. */
export function asPart<T>(trace: Trace | undefined, name: string, work: () => Promise<T>): Promise<T> {
  return trace ? timed(trace.part(name), work) : work();
}

async function timed<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.fail(error instanceof FxnError ? error.code : "internal");
    throw error;
  } finally {
    span.end();
  }
}
