// Traces of this process's requests, as settings and environment want them.
import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Fetch } from "../../lib/fetch.ts";
import type { Registry } from "../../observe/metrics/node.ts";
import { traceMetrics } from "../../observe/metrics/traces.ts";
import { SpanExporter } from "../../observe/traces/exporter.ts";
import { Tracer } from "../../observe/traces/tracer.ts";
import { traceSettings } from "./settings.ts";

export interface TracesPorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: Fetch;
  readonly register: Registry;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Traces {
  readonly tracer: Tracer;
  /** Sends until the signal aborts, and what is left then. */
  run(signal: AbortSignal): Promise<void>;
  /** Sends what is here now. */
  flush(): Promise<void>;
}

/** undefined: there is no collector, and requests cost nothing more. */
export function openTraces(tracing: Config["tracing"], ports: TracesPorts): Traces | undefined {
  const { env, fetch, register, version, clock, log } = ports;
  const settings = traceSettings(tracing, env);
  for (const complaint of settings?.complaints ?? []) log.warn({ why: complaint }, "traces are not as you may expect");
  if (!settings || settings.url === "") return undefined;
  const { spans } = traceMetrics(register);
  const resource = { "service.name": settings.serviceName, "service.version": version };
  const count = (outcome: string, many: number) => spans.inc({ outcome }, many);
  const exporter = new SpanExporter({ ...settings, resource }, { fetch, clock, log, count });
  return {
    tracer: new Tracer(settings, { clock, add: (span) => exporter.add(span) }),
    run: (signal) => exporter.run(signal),
    flush: () => exporter.flush(),
  };
}
