// Brings spans to a collector in batches, again when it is only busy. Nothing waits for it: what it cannot hold is dropped and counted.
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Fetch, FetchReply } from "../../lib/fetch.ts";
import { retryAfterOf } from "../../lib/retry-after.ts";
import { type Attributes, type FinishedSpan, otlpJson } from "./otlp.ts";

export interface ExporterOptions {
  /** Whole, with its path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Attributes;
}

export interface ExporterPorts {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly count?: (outcome: "exported" | "dropped", spans: number) => void;
}

const EVERY_MS = 5000;
/** More are left out: a collector that is gone must not cost memory. */
const MOST_SPANS = 2048;
const BATCH = 512;
/** By OTLP/HTTP: the same batch may be taken later. All others would be refused again. */
const LATER: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Of what a collector asks for. */
const MOST_ASKED_MS = 60_000;
const LIMITS = { timeoutMs: 2000, maxBytes: 64 * 1024 };

export class SpanExporter {
  readonly #options: ExporterOptions;
  readonly #ports: ExporterPorts;
  #finished: FinishedSpan[] = [];
  /** Milliseconds for which the collector is to be left alone. */
  #pause = 0;
  #trouble: string | undefined;
  #wake = () => {};

  constructor(options: ExporterOptions, ports: ExporterPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  add(span: FinishedSpan): void {
    if (this.#finished.length < MOST_SPANS) this.#finished.push(span);
    else this.#count("dropped", 1);
    if (this.#finished.length >= BATCH) this.#wake();
  }

  /** Sends until the signal aborts, and what is left then. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#untilDue(signal);
      for (let left = this.#finished.length; left > 0 && !signal.aborted && this.#pause === 0; left -= BATCH)
        await this.#send(true);
    }
    await this.flush();
  }

  /** Those that are here now, for the last time: what is not taken is dropped. */
  async flush(): Promise<void> {
    for (let left = this.#finished.length; left > 0; left -= BATCH) await this.#send(false);
  }

  /** A batch is sent at once, fewer after a while; and none while the collector wants time. */
  async #untilDue(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    const pause = this.#pause;
    this.#pause = 0;
    if (pause > 0) return sleep(clock, pause, signal);
    if (this.#finished.length >= BATCH) return;
    const full = new AbortController();
    this.#wake = () => full.abort();
    await sleep(clock, EVERY_MS, AbortSignal.any([signal, full.signal]));
  }

  async #send(again: boolean): Promise<void> {
    const spans = this.#finished.splice(0, BATCH);
    if (spans.length === 0) return;
    const { url, headers, resource } = this.#options;
    const body = otlpJson(spans, resource);
    const options = { method: "POST", headers: { ...headers, "content-type": "application/json" }, body, ...LIMITS };
    const reply = await this.#ports.fetch(url, options).catch(messageOf);
    const trouble = troubleOf(reply);
    if (trouble === undefined) this.#count("exported", spans.length);
    else if (again && isLater(reply)) this.#putBack(spans, reply);
    else this.#count("dropped", spans.length);
    if (trouble !== undefined && trouble !== this.#trouble) {
      this.#ports.log.warn({ spans: spans.length, trouble }, "the collector does not take spans");
    }
    this.#trouble = trouble;
  }

  /** As many as there is room for: others have come meanwhile, and the oldest go. */
  #putBack(spans: readonly FinishedSpan[], reply: FetchReply | string): void {
    const asked = typeof reply === "string" ? undefined : retryAfterOf(reply.headers);
    this.#pause = Math.max(EVERY_MS, Math.min((asked ?? 0) * 1000, MOST_ASKED_MS));
    const room = MOST_SPANS - this.#finished.length;
    const over = Math.max(0, spans.length - room);
    this.#finished.unshift(...spans.slice(over));
    if (over > 0) this.#count("dropped", over);
  }

  #count(outcome: "exported" | "dropped", spans: number): void {
    this.#ports.count?.(outcome, spans);
  }
}

function troubleOf(reply: FetchReply | string): string | undefined {
  if (typeof reply === "string") return reply;
  return reply.status >= 200 && reply.status <= 299 ? undefined : `it answered ${reply.status}`;
}

/** Who does not answer at all may do so later. */
function isLater(reply: FetchReply | string): boolean {
  return typeof reply === "string" || LATER.has(reply.status);
}
