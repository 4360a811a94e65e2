// The joint between the node and a network: how it is called, what it does on its own, how it is.
import type { Check } from "./check.ts";
import type { FxnError } from "./errors.ts";
import type { Trace } from "./trace.ts";

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
  /** undefined: requests are not traced. */
  readonly trace?: Trace | undefined;
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

/** One fact that an operator may want to know: "registered as", "provider-0f44326c". */
export interface StatusLine {
  readonly name: string;
  readonly value: string;
}

/** A network of its own accord: it runs in the node's process, with a key of its own and, when it is called, a listener. */
export interface OwnSession extends NetworkSession {
  /** Where its routes are served; undefined: it is not called. */
  readonly listen: OwnListen | undefined;
  /** Takes no new work; resolves when what runs has ended or the signal aborts. Then, and only then, `run` is ended. */
  drain(signal: AbortSignal): Promise<void>;
  /** undefined: no two of it may be there at once, so the next one begins when this one has ended. */
  readonly succession?: Succession | undefined;
  status(): readonly StatusLine[];
  checks(): readonly Check[];
}

export interface TlsTexts {
  readonly cert: string;
  readonly key: string;
  /** Callers must show a certificate that one of these has signed. */
  readonly clientCa?: string | undefined;
}

/** How a changed session takes over from one that has work under way: both serve, for a while. */
export interface Succession {
  /** Under what others know it: where the next one has the same, that one speaks from now on. */
  readonly names: readonly string[];
  /** How much work is under way that takes places, that of former sessions included. */
  running(): number;
  /** A former session ends its work beside this one: the places that it takes are not free. @param running of the former */
  follow(running: () => number): void;
  /** Another one serves who calls from now on; this one only ends what it has begun. @param names of the other */
  giveWay(names: readonly string[]): void;
}

export interface OwnListen {
  readonly host: string;
  readonly port: number;
  /** Before every path: "/greet"; empty for none. */
  readonly path: string;
  /** Texts, PEM. */
  readonly tls: TlsTexts | undefined;
  /** The same of the files as they are now: a certificate is renewed while it serves. Throws what is wrong with them. */
  readTls(): TlsTexts | undefined;
  /** Its wire's own words for what the server itself refuses: an unknown route, a body that is too large, a stop. */
  failure(error: FxnError): Response;
}

export interface NetworkAdapter<Config, Ports> {
  readonly id: string;
  /** Nothing works until the session is run. */
  open(config: Config, ports: Ports): NetworkSession;
}
