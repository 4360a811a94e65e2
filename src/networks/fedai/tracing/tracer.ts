// A span for each inference, named as the network's own node names it; off unless a collector is named, and nothing waits for it.
import { randomBytes } from "node:crypto";
import { SpanExporter } from "../../../observe/traces/exporter.ts";
import { parentOf } from "../../../observe/traces/traceparent.ts";
import type { NetworkPorts } from "../../ports.ts";
import { printable } from "../tokens.ts";

export interface Span {
  /** Of the network's request, once it is known. */
  requestId: string | undefined;
  end(status: number): void;
}

type Ports = Pick<NetworkPorts, "clock" | "fetch" | "log" | "version">;

export class Tracer {
  readonly #exporter: SpanExporter | undefined;
  readonly #nodeId: string;
  readonly #clock: Ports["clock"];

  /** @param url the collector's base URL */
  constructor(url: string | undefined, nodeId: string, ports: Ports) {
    this.#nodeId = nodeId;
    this.#clock = ports.clock;
    const resource = { "service.name": "fxn", "service.version": ports.version };
    if (url === undefined) return;
    this.#exporter = new SpanExporter({ url: `${url.replace(/\/+$/, "")}/v1/traces`, headers: {}, resource }, ports);
  }

  /** @param header the caller's traceparent, of which this becomes a part */
  begin(name: string, header: string | null): Span {
    const exporter = this.#exporter;
    const clock = this.#clock;
    const startedAt = clock.now();
    const from = clock.monotonic();
    const parent = exporter && parentOf(header);
    const span: Span = {
      requestId: undefined,
      end: (status) => {
        exporter?.add({
          traceId: parent?.traceId ?? randomBytes(16).toString("hex"),
          spanId: randomBytes(8).toString("hex"),
          parentSpanId: parent?.spanId,
          name,
          kind: "server",
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
    await this.#exporter?.run(signal);
  }
}
