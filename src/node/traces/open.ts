// Traces of this process's requests, as settings and environment want them; a reload changes where they go and how many they are.
import { sameValue } from "../../config/reload.ts";
import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { Crew } from "../../lib/crew.ts";
import type { Fetch } from "../../lib/fetch.ts";
import type { Registry } from "../../observe/metrics/node.ts";
import { traceMetrics } from "../../observe/metrics/traces.ts";
import { SpanExporter } from "../../observe/traces/exporter.ts";
import { Tracer } from "../../observe/traces/tracer.ts";
import { type TraceSettings, traceSettings } from "./settings.ts";

export interface TracesPorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: Fetch;
  readonly register: Registry;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** What follows from one configuration. */
export interface Tracing {
  readonly settings: TraceSettings | undefined;
  readonly exporter: SpanExporter | undefined;
  /** undefined: there is no collector, and requests cost nothing more. */
  readonly tracer: Tracer | undefined;
}

export class Traces {
  readonly #ports: TracesPorts;
  readonly #crew: Crew;
  /** Made with the first collector: a node without one has none of them. */
  #metrics: ReturnType<typeof traceMetrics> | undefined;
  #now: Tracing = { settings: undefined, exporter: undefined, tracer: undefined };
  #leave = () => {};

  constructor(ports: TracesPorts) {
    const { log } = ports;
    this.#ports = ports;
    this.#crew = new Crew((error) => log.error({ error: messageOf(error) }, "sending traces failed"));
  }

  /** As it is now. */
  get tracer(): Tracer | undefined {
    return this.#now.tracer;
  }

  /** Beside what there is, which it is when the settings are the same. */
  open(wanted: Config["tracing"]): Tracing {
    const { env, version, clock } = this.#ports;
    const settings = traceSettings(wanted, env);
    if (sameValue(settings, this.#now.settings)) return this.#now;
    if (!settings || settings.url === "") return { settings, exporter: undefined, tracer: undefined };
    const resource = { "service.name": settings.serviceName, "service.version": version };
    const exporter = new SpanExporter(
      { ...settings, resource },
      { ...this.#ports, count: (outcome, many) => this.#metrics?.spans.inc({ outcome }, many) },
    );
    // Of a request that outlasts a reload: what was sent to the former collector ends with what that one holds.
    const add: ConstructorParameters<typeof Tracer>[1]["add"] = (span) => this.#now.exporter?.add(span);
    return { settings, exporter, tracer: new Tracer(settings, { clock, add }) };
  }

  /** The former exporter sends what it holds, and ends. */
  changeTo(next: Tracing): void {
    const { log, register } = this.#ports;
    const { settings, exporter } = next;
    if (next === this.#now) return;
    this.#leave();
    this.#now = next;
    for (const complaint of settings?.complaints ?? [])
      log.warn({ why: complaint }, "traces are not as you may expect");
    if (!exporter) return;
    this.#metrics ??= traceMetrics(register);
    this.#leave = this.#crew.add((signal) => exporter.run(signal));
  }

  /** Sends until the signal aborts, and what is left then. */
  run(signal: AbortSignal): Promise<void> {
    return this.#crew.run(signal);
  }

  /** Sends what is here now. */
  async flush(): Promise<void> {
    await this.#now.exporter?.flush();
  }
}
