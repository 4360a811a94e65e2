// The trace of one request: its parts are held until it ends, since only then is known whose trace it is and whether it counts.
import { randomBytes } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import type { AttributeValue, Span, Trace } from "../../core/trace.ts";
import type { FinishedSpan } from "./otlp.ts";
import { type Parent, parentOf, traceparent, tracestateOf } from "./traceparent.ts";

export interface TracerOptions {
  readonly ratio: number;
  readonly parentBased: boolean;
}

export interface TracerPorts {
  readonly clock: Clock;
  readonly add: (span: FinishedSpan) => void;
}

export interface RequestTrace extends Trace {
  /** Of the request as a whole. */
  set(name: string, value: AttributeValue): void;
  /** @param status of the answer */
  end(status: number): void;
}

/** Of one request: it is tried at three servers at most. */
const MOST_PARTS = 16;
/** Traces in a second of requests that nobody has verified: a flood of strangers is no flood of spans. */
const MOST_STRANGERS = 10;

export class Tracer {
  readonly #options: TracerOptions;
  readonly #ports: TracerPorts;
  #second = 0;
  #strangers = 0;

  constructor(options: TracerOptions, ports: TracerPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  /** @param name "POST /v1/*" */
  begin(name: string, headers: Headers, attributes: Readonly<Record<string, AttributeValue>>): RequestTrace {
    const { clock, add } = this.#ports;
    const { ratio, parentBased } = this.#options;
    // A stranger's word costs nothing: neither its trace's id nor its wish to be sampled counts until it is known.
    let traceId = randomBytes(16).toString("hex");
    let sampled = isSampled(traceId, ratio);
    let known = false;
    let parent: Parent | undefined;
    let traceState: string | undefined;
    const parts: ServedSpan[] = [];
    const root = new ServedSpan(name, "server", clock);
    for (const [key, value] of Object.entries(attributes)) root.set(key, value);

    const begin = (what: string, kind: FinishedSpan["kind"]) => {
      const span = new ServedSpan(what, kind, clock);
      if (parts.length < MOST_PARTS) parts.push(span);
      return span;
    };
    return {
      admit() {
        known = true;
        parent = parentOf(headers.get("traceparent"));
        if (!parent) return;
        traceId = parent.traceId;
        traceState = tracestateOf(headers.get("tracestate"));
        sampled = parentBased ? parent.sampled : isSampled(traceId, ratio);
      },
      set: (key, value) => root.set(key, value),
      part: (what) => begin(what, "internal"),
      call(what) {
        const span = begin(what, "client");
        const sent = traceparent({ traceId, spanId: span.id, sampled });
        return { span, headers: { traceparent: sent, ...(traceState !== undefined && { tracestate: traceState }) } };
      },
      end: (status) => {
        root.set("http.response.status_code", status);
        if (status >= 500) root.fail(String(status));
        root.end();
        if (!sampled || !(known || this.#hasRoomForStranger())) return;
        const common = { traceId, traceState };
        for (const part of parts) add({ ...common, ...part.finished(), parentSpanId: root.id });
        add({ ...common, ...root.finished(), parentSpanId: parent?.spanId });
      },
    };
  }

  #hasRoomForStranger(): boolean {
    const second = Math.floor(this.#ports.clock.monotonic() / 1000);
    if (second !== this.#second) this.#strangers = 0;
    this.#second = second;
    return this.#strangers++ < MOST_STRANGERS;
  }
}

class ServedSpan implements Span {
  readonly id = randomBytes(8).toString("hex");
  readonly #name: string;
  readonly #kind: FinishedSpan["kind"];
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #started: number;
  readonly #attributes: Record<string, AttributeValue> = {};
  #tookMs: number | undefined;
  #failed = false;

  constructor(name: string, kind: FinishedSpan["kind"], clock: Clock) {
    this.#name = name;
    this.#kind = kind;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#started = clock.monotonic();
  }

  set(name: string, value: AttributeValue): void {
    this.#attributes[name] = value;
  }

  fail(word: string): void {
    this.#failed = true;
    this.set("error.type", word);
  }

  end(): void {
    this.#tookMs ??= this.#clock.monotonic() - this.#started;
  }

  finished() {
    this.end();
    return {
      spanId: this.id,
      name: this.#name,
      kind: this.#kind,
      startedAt: this.#startedAt,
      endedAt: this.#startedAt + (this.#tookMs ?? 0),
      attributes: this.#attributes,
      failed: this.#failed,
    };
  }
}

/** By the id's last 52 bits, so that all servers of a trace decide alike. */
function isSampled(traceId: string, ratio: number): boolean {
  return Number.parseInt(traceId.slice(-13), 16) < ratio * 2 ** 52;
}
