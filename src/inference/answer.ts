// One request from its first try to its end: what it leaves behind, once, whoever ends it first.
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { InferenceCall } from "../core/inference.ts";
import type { Ledger, Outcome } from "../core/ledger.ts";
import type { Log } from "../core/log.ts";
import type { Span } from "../core/trace.ts";
import type { InferenceMetrics } from "../observe/metrics/inference.ts";
import { callerLeft } from "./errors.ts";
import { type Meter, NO_TOKENS, type Tokens } from "./meter.ts";
import type { Lease, Member } from "./pool.ts";
import type { RunningStreams } from "./running-streams.ts";
import { aboutCall, spanName } from "./span-words.ts";

export interface AnswerPorts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Log;
  readonly metrics: InferenceMetrics;
  readonly streams: RunningStreams;
  /** Tokens that an answer cost, for limits on callers. */
  readonly onUsage: (caller: string, tokens: number) => void;
}

const CLIENT_CLOSED = 499;
const NOTHING_TO_WRITE = Promise.resolve();

export class Answer {
  readonly call: InferenceCall;
  /** Bytes of the body that went to the caller. */
  bytesOut = 0;
  meter: Meter = { tokens: () => NO_TOKENS };
  /** The try that is under way, in the trace; undefined: it is not traced. */
  traced: Span | undefined;
  readonly #model: string;
  readonly #streamed: boolean;
  readonly #ports: AnswerPorts;
  readonly #running: Set<Answer>;
  readonly #at: number;
  readonly #started: number;
  /** Made when somebody listens. */
  #leave: AbortController | undefined;
  #left = false;
  readonly #onAbort = () => this.leave();
  #lease: Lease | undefined;
  /** The server that was asked last; none: the request was refused before. */
  #backend: string | undefined;
  #connection: AbortController | undefined;
  #firstTokenMs: number | null = null;
  #askedAt = 0;
  #settled = false;
  #written: Promise<void> = NOTHING_TO_WRITE;
  #closed = false;
  /** Whether it is one of the streams that run. */
  #streams = false;

  /** @param running it is one of them until it has closed */
  constructor(
    call: InferenceCall,
    about: { model: string; streamed: boolean },
    ports: AnswerPorts,
    running: Set<Answer>,
  ) {
    this.call = call;
    this.#model = about.model;
    this.#streamed = about.streamed;
    this.#ports = ports;
    this.#running = running;
    running.add(this);
    this.#at = ports.clock.now();
    this.#started = ports.clock.monotonic();
    call.signal.addEventListener("abort", this.#onAbort, { once: true });
    if (call.signal.aborted) this.leave();
  }

  /** Aborts when the caller has left before the end. */
  get left(): AbortSignal {
    this.#leave ??= new AbortController();
    if (this.#left) this.#leave.abort();
    return this.#leave.signal;
  }

  get hasLeft(): boolean {
    return this.#left;
  }

  /** A server is asked; the signal ends that try. Throws when the caller has left. */
  begin(lease: Lease): AbortSignal {
    if (this.#left) {
      lease.ticket.dropped();
      lease.release();
    }
    this.throwIfLeft();
    this.#lease = lease;
    this.#connection = new AbortController();
    this.#backend = lease.member.upstream.name;
    if (this.#streamed) this.streams(true);
    return this.#connection.signal;
  }

  /** Whether it goes to the caller as a stream, which is known once the model server answers, and expected of one that was asked for so. */
  streams(does: boolean): void {
    if (this.#closed || does === this.#streams) return;
    this.#streams = does;
    if (does) this.#ports.streams.begin(this.#model);
    else this.#ports.streams.end(this.#model);
  }

  /** The headers by which the model server joins the trace; undefined: it is not traced. */
  traceCall({ upstream, config }: Member): Readonly<Record<string, string>> | undefined {
    const { trace, path } = this.call;
    if (!trace) return undefined;
    const { span, headers } = trace.call(spanName(path, this.#model));
    const about = aboutCall(path, this.#model, config.model, upstream);
    for (const [name, value] of Object.entries(about)) span.set(name, value);
    this.traced = span;
    this.#askedAt = this.#elapsed();
    return headers;
  }

  /** The model server's answer has arrived to its end: nothing is left to close. */
  arrived(): void {
    this.#connection = undefined;
  }

  /** The try is over and another may follow: the connection is closed and the place given back. */
  abandon(): void {
    this.traced?.end();
    this.traced = undefined;
    this.#connection?.abort();
    this.#lease?.release();
    this.#lease = undefined;
  }

  /** Throws when the caller has left. */
  throwIfLeft(): void {
    if (this.#left) throw callerLeft();
  }

  firstToken(): void {
    if (this.#firstTokenMs !== null) return;
    this.#firstTokenMs = this.#elapsed();
    const labels = { model: this.#model, backend: this.#backend ?? "" };
    this.traced?.set("gen_ai.response.time_to_first_chunk", (this.#firstTokenMs - this.#askedAt) / 1000);
    this.#ports.metrics.firstTokenSeconds.record(labels, this.#firstTokenMs / 1000);
  }

  /** Writes the one row; it is durable when the promise resolves. Only the first call counts. */
  settle(outcome: Outcome, status: number, why?: string): Promise<void> {
    if (this.#settled) return this.#written;
    this.#settled = true;
    if (outcome === "cut") this.#lease?.ticket.failed(why ?? "the answer was cut");
    // An HTTP error that it answered is not its failure, unless the exchange has already said so.
    else if (outcome !== "cancelled") this.#lease?.ticket.completed();
    this.#written = this.#account(outcome, status, why);
    this.call.onEnd();
    return this.#written;
  }

  /** This process ends: a stream's caller is told by an error event. */
  breakOff(): void {
    this.#connection?.abort();
  }

  /** The caller is gone: whatever is under way for it ends now. */
  leave(): void {
    if (this.#closed) return;
    this.#left = true;
    this.#leave?.abort();
    this.close();
  }

  /** The end: an answer that was not settled was cancelled. The connection is closed and the place given back. */
  close(): void {
    if (this.#closed) return;
    this.streams(false);
    this.#closed = true;
    this.settle("cancelled", CLIENT_CLOSED);
    this.#lease?.ticket.dropped();
    this.call.signal.removeEventListener("abort", this.#onAbort);
    this.abandon();
    this.#running.delete(this);
  }

  #account(outcome: Outcome, status: number, why: string | undefined): Promise<void> {
    const { log, metrics, onUsage } = this.#ports;
    const { id, caller } = this.call;
    const model = this.#model;
    if (outcome === "cancelled") metrics.cancelled.inc({ model });
    if (this.#backend === undefined) return NOTHING_TO_WRITE;
    const tokens = this.meter.tokens();
    this.#traceEnd(outcome, tokens);
    const durationMs = this.#elapsed();
    metrics.seconds.record({ model, backend: this.#backend, outcome }, durationMs / 1000);
    metrics.tokens.inc({ model, direction: "prompt" }, tokens.promptTokens ?? 0);
    metrics.tokens.inc({ model, direction: "completion" }, tokens.completionTokens ?? 0);
    const written = this.#append(outcome, status, this.#backend, tokens, durationMs);
    const sum = (tokens.promptTokens ?? 0) + (tokens.completionTokens ?? 0);
    if (sum > 0) onUsage(caller, sum);
    const level = outcome === "cut" ? "warn" : "debug";
    log[level](
      { id, model, backend: this.#backend, outcome, status, ms: Math.round(durationMs), error: why },
      "answer ended",
    );
    return written;
  }

  #traceEnd(outcome: Outcome, { promptTokens, completionTokens }: Tokens): void {
    if (!this.traced) return;
    if (promptTokens !== null) this.traced.set("gen_ai.usage.input_tokens", promptTokens);
    if (completionTokens !== null) this.traced.set("gen_ai.usage.output_tokens", completionTokens);
    if (outcome === "cut" || outcome === "cancelled") this.traced.fail(outcome);
  }

  async #append(outcome: Outcome, status: number, backend: string, tokens: Tokens, durationMs: number): Promise<void> {
    const { id, network, caller, path, body } = this.call;
    try {
      await this.#ports.ledger.append({
        id,
        at: this.#at,
        network,
        caller,
        route: path,
        model: this.#model,
        backend,
        status,
        outcome,
        streamed: this.#streamed,
        promptTokens: tokens.promptTokens,
        completionTokens: tokens.completionTokens,
        tokenSource: tokens.source,
        firstTokenMs: this.#firstTokenMs,
        durationMs,
        bytesIn: body.length,
        bytesOut: this.bytesOut,
      });
    } catch (error) {
      this.#rowLost(error);
    }
  }

  /** The caller's answer is not withheld for the operator's bookkeeping. */
  #rowLost(error: unknown): void {
    const { log, metrics } = this.#ports;
    metrics.ledgerErrors.inc();
    log.error({ id: this.call.id, error: messageOf(error) }, "ledger row lost");
  }

  #elapsed(): number {
    return this.#ports.clock.monotonic() - this.#started;
  }
}
