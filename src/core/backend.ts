// The joint between inference and model servers.
import type { Check } from "./check.ts";
import { FxnError } from "./errors.ts";

export type BackendFailure =
  /** No connection. */
  | "connect_failed"
  | "connect_timeout"
  /** Connected, and lost before the first byte of an answer. */
  | "reset"
  | "first_byte_timeout"
  /** Silence in the middle of an answer. */
  | "idle_timeout"
  /** An answer that ended before its end. */
  | "cut"
  /** By the signal of whoever asked. */
  | "aborted"
  /** An answer that is not valid HTTP, or not what the call is for. */
  | "bad_response"
  /** It answers, and says that it cannot work. */
  | "unhealthy";

/** What a model server did instead of answering. Messages name the server's label and no path. */
export class BackendError extends FxnError<BackendFailure> {}

export interface BackendCall {
  readonly method: "GET" | "POST";
  /** "/v1/chat/completions"; the backend joins it to its URL. */
  readonly path: string;
  /** Already filtered; the backend adds its own credential. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

/** To be read once: whole, or piece by piece. */
export interface ReplyBody extends AsyncIterable<Uint8Array> {
  /** All of it, when it has arrived already, without another turn of the event loop; undefined when it has not. */
  whole(): Uint8Array | undefined;
}

export interface BackendReply {
  readonly status: number;
  /** Names in lower case; of repeated ones the values are joined by ", ". Made for every answer: `Headers` would cost more. */
  readonly headers: ReadonlyMap<string, string>;
  /** Ends only when the backend ended it properly; a cut connection throws BackendError. Decoded: no content-encoding is left. */
  readonly body: ReplyBody;
  /** "close": the end of the body is the end of the connection, so a clean end and a cut look the same. */
  readonly framing: "length" | "chunked" | "close";
}

export interface ModelBackend {
  readonly kind: string;
  /** What logs, metrics and the ledger call it: scheme, host and port, with no path and no credential. */
  readonly label: string;
  /** Throws BackendError when no answer came; an HTTP error status is an answer. */
  send(call: BackendCall, signal: AbortSignal): Promise<BackendReply>;
  /** The model ids that the server says it has. */
  models(signal: AbortSignal): Promise<readonly string[]>;
  /** Resolves when the server is healthy, throws BackendError when not. */
  probe(signal: AbortSignal): Promise<void>;
  /**
   * What only this kind can look at, cheap: no text is generated. One that leaves a trace there says so. Ids begin with "backend." and the kind.
   * @param routes those for which calls are sent to it
   */
  checks(routes: ReadonlySet<string>): readonly Check[];
}
