// A span for each inference, sent to a collector in batches; off unless one is named, and nothing waits for it.
import { randomBytes } from "node:crypto";
import { sleep } from "../../../core/clock.ts";
import { messageOf } from "../../../core/errors.ts";
import type { NetworkPorts } from "../../ports.ts";
import { printable } from "../tokens.ts";
import { type FinishedSpan, otlpJson, parentOf } from "./otlp.ts";

export interface Span {
  /** Of the network's request, once it is known. */
  requestId: string | undefined;
  end(status: number): void;
}

const EVERY_MS = 5000;
/** More are left out: a collector that is gone must not cost memory. */
const MOST_SPANS = 2048;
const LIMITS = { timeoutMs: 2000, maxBytes: 64 * 1024 };

export class Tracer {
  readonly #url: string | undefined;
  readonly #nodeId: string;
  readonly #ports: Pick<NetworkPorts, "clock" | "fetch" | "log" | "version">;
  #finished: FinishedSpan[] = [];
  #trouble: string | undefined;

  /** @param url the collector's base URL */
  constructor(
    url: string | undefined,
    nodeId: string,
    ports: Pick<NetworkPorts, "clock" | "fetch" | "log" | "version">,
  ) {
    this.#url = url?.replace(/\/+$/, "");
    this.#nodeId = nodeId;
    this.#ports = ports;
  }

  /** @param traceparent the caller's, of which this becomes a part */
  begin(name: string, traceparent: string | null): Span {
    const { clock } = this.#ports;
    const startedAt = clock.now();
    const from = clock.monotonic();
    const parent = parentOf(traceparent);
    const span: Span = {
      requestId: undefined,
      end: (status) => {
        if (this.#url === undefined || this.#finished.length >= MOST_SPANS) return;
        this.#finished.push({
          traceId: parent?.traceId ?? randomBytes(16).toString("hex"),
          spanId: randomBytes(8).toString("hex"),
          parentSpanId: parent?.spanId,
          name,
          startedAt,
          endedAt: startedAt + clock.monotonic() - from,
          attributes: {
            component: "node",
            "node.id": this.#nodeId,
            ...(span.requestId !== undefined && { "request.id": printable(span.requestId) }),
            "http.status_code": status,
          },
          failed: status >= 500,
        });
      },
    };
    return span;
  }

  /** Sends until the signal aborts, and what is left then. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#url === undefined) return;
    while (!signal.aborted) {
      await sleep(this.#ports.clock, EVERY_MS, signal);
      await this.#send(`${this.#url}/v1/traces`);
    }
  }

  async #send(url: string): Promise<void> {
    const { log, version } = this.#ports;
    const spans = this.#finished.splice(0);
    if (spans.length === 0) return;
    const body = otlpJson(spans, { "service.name": "fxn", "service.version": version });
    const headers = { "content-type": "application/json" };
    const trouble = await this.#ports
      .fetch(url, { method: "POST", headers, body, ...LIMITS })
      .then(({ status }) => (status >= 200 && status <= 299 ? undefined : `it answered ${status}`), messageOf);
    if (trouble !== undefined && trouble !== this.#trouble) {
      log.warn({ spans: spans.length, trouble }, "the collector does not take spans");
    }
    this.#trouble = trouble;
  }
}
