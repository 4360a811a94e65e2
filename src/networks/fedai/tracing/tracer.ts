// A span for each inference, named as the network's own node names it; off unless a collector is named, and nothing waits for it.
import { randomBytes } from "node:crypto";
import { SpanExporter } from "../../../observe/traces/exporter.ts";
import { parentOf } from "../../../observe/traces/traceparent.ts";
import type { NetworkPorts } from "../../ports.ts";
import { printable } from "../tokens.ts";

export interface Span {
  /** What the network calls this request. */
  of(requestId: string): void;
  /** Its caller may call. */
  admitted(): void;
  end(status: number): void;
}

type Ports = Pick<NetworkPorts, "clock" | "fetch" | "log" | "version" | "tracer">;

export class Tracer {
  readonly #exporter: SpanExporter | undefined;
  readonly #nodeId: string;
  readonly #clock: Ports["clock"];
  /** The node's own, as it is now; undefined: it traces nothing. */
  readonly #nodes: Ports["tracer"];

  /** @param url of a collector for this network alone; without one its spans go where the node's go */
  constructor(url: string | undefined, nodeId: string, ports: Ports) {
    this.#nodeId = nodeId;
    this.#clock = ports.clock;
    this.#nodes = url === undefined ? ports.tracer : () => undefined;
    const resource = { "service.name": "fxn", "service.version": ports.version };
    if (url === undefined) return;
    this.#exporter = new SpanExporter({ url: `${url.replace(/\/+$/, "")}/v1/traces`, headers: {}, resource }, ports);
  }

  /** @param headers of the caller, of whose trace this becomes a part */
  begin(name: string, headers: Headers): Span {
    const nodes = this.#nodes();
    return nodes ? this.#inNodes(nodes, name, headers) : this.#own(name, headers.get("traceparent"));
  }

  /** Sampled, and continued where the caller is known, as all that this node traces. */
  #inNodes(nodes: NonNullable<ReturnType<Ports["tracer"]>>, name: string, headers: Headers): Span {
    const trace = nodes.begin(name, headers, { component: "node", "node.id": this.#nodeId });
    return {
      of: (requestId) => trace.set("request.id", printable(requestId)),
      admitted: () => trace.admit(),
      end: (status) => trace.end(status),
    };
  }

  #own(name: string, header: string | null): Span {
    const exporter = this.#exporter;
    const clock = this.#clock;
    const startedAt = clock.now();
    const from = clock.monotonic();
    const parent = exporter && parentOf(header);
    let id: string | undefined;
    // Until its caller may call, the trace that it names is anybody's word.
    let isKnown = false;
    return {
      of(requestId) {
        id = requestId;
      },
      admitted() {
        isKnown = true;
      },
      end: (status) => {
        exporter?.add({
          traceId: (isKnown && parent?.traceId) || randomBytes(16).toString("hex"),
          spanId: randomBytes(8).toString("hex"),
          parentSpanId: isKnown ? parent?.spanId : undefined,
          name,
          kind: "server",
          startedAt,
          endedAt: startedAt + clock.monotonic() - from,
          attributes: {
            component: "node",
            "node.id": this.#nodeId,
            ...(id !== undefined && { "request.id": printable(id) }),
            "http.status_code": status,
          },
          failed: status >= 500,
        });
      },
    };
  }

  /** Sends until the signal aborts, and what is left then. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#exporter?.run(signal);
  }
}
