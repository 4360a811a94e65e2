// Brings spans to a collector in batches. Nothing waits for it: what it cannot bring, or hold, is dropped and counted.
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Fetch } from "../../lib/fetch.ts";
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
const LIMITS = { timeoutMs: 2000, maxBytes: 64 * 1024 };

export class SpanExporter {
  readonly #options: ExporterOptions;
  readonly #ports: ExporterPorts;
  #finished: FinishedSpan[] = [];
  #trouble: string | undefined;
  #wake = () => {};

  constructor(options: ExporterOptions, ports: ExporterPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  add(span: FinishedSpan): void {
    if (this.#finished.length < MOST_SPANS) this.#finished.push(span);
    else this.#count("dropped", 1);
    if (this.#finished.length === BATCH) this.#wake();
  }

  /** Sends until the signal aborts, and what is left then. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const full = new AbortController();
      this.#wake = () => full.abort();
      await sleep(this.#ports.clock, EVERY_MS, AbortSignal.any([signal, full.signal]));
      await this.flush();
    }
  }

  /** Those that are here now. */
  async flush(): Promise<void> {
    for (let left = this.#finished.length; left > 0; left -= BATCH) await this.#send(this.#finished.splice(0, BATCH));
  }

  async #send(spans: readonly FinishedSpan[]): Promise<void> {
    if (spans.length === 0) return;
    const { url, headers, resource } = this.#options;
    const body = otlpJson(spans, resource);
    const options = { method: "POST", headers: { ...headers, "content-type": "application/json" }, body, ...LIMITS };
    const trouble = await this.#ports
      .fetch(url, options)
      .then(({ status }) => (status >= 200 && status <= 299 ? undefined : `it answered ${status}`), messageOf);
    this.#count(trouble === undefined ? "exported" : "dropped", spans.length);
    if (trouble !== undefined && trouble !== this.#trouble) {
      this.#ports.log.warn({ spans: spans.length, trouble }, "the collector does not take spans");
    }
    this.#trouble = trouble;
  }

  #count(outcome: "exported" | "dropped", spans: number): void {
    this.#ports.count?.(outcome, spans);
  }
}
