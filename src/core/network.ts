// The joint between the node and a network: how it is called, what it does on its own, how it is.

export interface HttpCall {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** "?a=b", or empty. */
  readonly search: string;
  readonly headers: Headers;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
  /**
   * Reads the whole body once, under the route's limits; throws HttpError (413, 408, 400).
   * @param onPart sees its bytes in order, part by part as they arrive
   */
  body(onPart?: (part: Uint8Array) => void): Promise<Uint8Array>;
  /** For an answer that goes on after `handle` has returned: call the result when it has ended. */
  holdOpen(): () => void;
  /** What the access log and metrics shall know of this call; never content. */
  readonly note: CallNote;
}

/** Filled while a call is handled. */
export interface CallNote {
  caller?: string;
  reason?: string;
  /** The answer has its x-request-id already. */
  identified?: boolean;
}

export interface Route {
  readonly method: "GET" | "POST";
  /** Exact, or ending in "/*". */
  readonly path: string;
  /** Bytes. */
  readonly maxBody: number;
  handle(call: HttpCall): Promise<Response>;
}

export interface Health {
  readonly ready: boolean;
  /** Why not, in the operator's words. */
  readonly reasons: readonly string[];
}

export interface NetworkSession {
  routes(): readonly Route[];
  /** Works until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  health(): Health;
}

export interface NetworkAdapter<Config, Ports> {
  readonly id: string;
  /** Nothing works until the session is run. */
  open(config: Config, ports: Ports): NetworkSession;
}
