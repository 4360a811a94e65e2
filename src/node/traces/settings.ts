// Where traces go and how many: config.yaml, and where it says nothing the variables that OpenTelemetry's own SDKs read.
import type { Config } from "../../config/schema.ts";
import { headersOf, parseHeaders } from "../../lib/header-pairs.ts";

export interface TraceSettings {
  /** Whole, with its path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** 0 to 1. */
  readonly ratio: number;
  /** What a caller that is known has decided holds. */
  readonly parentBased: boolean;
  readonly serviceName: string;
  /** What is wrong with the variables, and left out. */
  readonly complaints: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** undefined: no traces. */
export function traceSettings(tracing: Config["tracing"], env: Environment): TraceSettings | undefined {
  if (env.OTEL_SDK_DISABLED?.trim().toLowerCase() === "true") return undefined;
  const complaints: string[] = [];
  const base = tracing.otlpEndpoint ?? env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const whole = tracing.otlpEndpoint === undefined ? env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT : undefined;
  const url = whole || (base ? `${base.replace(/\/+$/, "")}/v1/traces` : undefined);
  if (url === undefined) return undefined;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    return {
      ...NOTHING,
      complaints: ["OTEL_EXPORTER_OTLP_ENDPOINT is no http:// or https:// URL: there are no traces"],
    };
  }
  const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? env.OTEL_EXPORTER_OTLP_PROTOCOL;
  if (protocol && protocol !== "http/json") {
    complaints.push(`OTEL_EXPORTER_OTLP_PROTOCOL is ${JSON.stringify(protocol)}: spans are sent as http/json`);
  }
  return {
    url,
    headers: headersFrom(tracing, env, complaints),
    ...sampling(tracing, env, complaints),
    serviceName: tracing.serviceName ?? (env.OTEL_SERVICE_NAME || "fxn"),
    complaints,
  };
}

const NOTHING = { url: "", headers: {}, ratio: 0, parentBased: false, serviceName: "fxn" };

function headersFrom({ otlpHeaders }: Config["tracing"], env: Environment, complaints: string[]) {
  if (otlpHeaders) return headersOf(otlpHeaders.reveal());
  const text = env.OTEL_EXPORTER_OTLP_TRACES_HEADERS || env.OTEL_EXPORTER_OTLP_HEADERS || "";
  const parsed = parseHeaders(text);
  if (!parsed) complaints.push("OTEL_EXPORTER_OTLP_HEADERS is not name=value,name=value: no headers are sent");
  return parsed ?? {};
}

function sampling({ sampleRatio }: Config["tracing"], env: Environment, complaints: string[]) {
  if (sampleRatio !== undefined) return { ratio: sampleRatio, parentBased: true };
  const sampler = env.OTEL_TRACES_SAMPLER || "parentbased_always_on";
  const parentBased = sampler.startsWith("parentbased_");
  const kind = sampler.replace(/^parentbased_/, "");
  if (kind === "always_on") return { ratio: 1, parentBased };
  if (kind === "always_off") return { ratio: 0, parentBased };
  if (kind === "traceidratio") {
    const ratio = Number(env.OTEL_TRACES_SAMPLER_ARG || "1");
    if (ratio >= 0 && ratio <= 1) return { ratio, parentBased };
    complaints.push("OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1: all requests are traced");
    return { ratio: 1, parentBased };
  }
  complaints.push(`OTEL_TRACES_SAMPLER ${JSON.stringify(sampler)} is not known: parentbased_always_on`);
  return { ratio: 1, parentBased: true };
}
