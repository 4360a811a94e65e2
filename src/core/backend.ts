// The joint between inference and model servers.

export interface BackendCall {
  readonly method: "GET" | "POST";
  /** "/v1/chat/completions"; the backend joins it to its URL. */
  readonly path: string;
  /** Already filtered; the backend adds its own credential. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

export interface BackendReply {
  readonly status: number;
  readonly headers: Headers;
  /** Ends only when the backend ended it properly; a cut connection throws. Decoded: no content-encoding is left. */
  readonly body: AsyncIterable<Uint8Array>;
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
}
