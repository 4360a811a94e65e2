// The joint between networks and the one inference service that they share.
import type { Trace } from "./trace.ts";

export interface InferenceCall {
  readonly id: string;
  readonly network: string;
  /** Who is served and metered: an address or a key. */
  readonly caller: string;
  readonly method: "GET" | "POST";
  /** "/v1/chat/completions". */
  readonly path: string;
  /** "?a=b", or empty; passed on. */
  readonly search: string;
  readonly headers: Headers;
  /** Raw bytes as received. */
  readonly body: Uint8Array;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
  /** Passes on the chunk that carries the token counts, where a model server gives one, although the body asks for none. */
  readonly keepUsage?: boolean;
  /** undefined: it is not traced, and the caller's own traceparent is passed on. */
  readonly trace?: Trace | undefined;
  /** Called once when the answer has ended, however it ended: sent, failed, cancelled or refused. */
  readonly onEnd: () => void;
}

export interface ModelCard {
  readonly id: string;
  /** Unix seconds; the same at each call. */
  readonly created: number;
  /** The /v1 routes that any of its model servers has. */
  readonly routes: readonly string[];
  /** Of its model servers: "vllm". */
  readonly kinds: readonly string[];
}

export interface InferencePort {
  /** The answer of a model server as it is, with the call's id as x-request-id; or InferenceError. */
  send(call: InferenceCall): Promise<Response>;
  /** Every id and alias that a caller may ask for. */
  models(): readonly ModelCard[];
}
