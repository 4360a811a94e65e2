// config.yaml before OpenTelemetry's variables, and those as its own SDKs read them.
import { describe, expect, test } from "bun:test";
import { tracing } from "../../config/watch-settings.ts";
import { traceSettings } from "./settings.ts";

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318/" };
const settings = (config: unknown, env: Record<string, string>) => traceSettings(tracing.parse(config), env);

describe("where traces go", () => {
  test("nowhere, unless a collector is named; and nowhere when OTEL_SDK_DISABLED says so", () => {
    expect(settings({}, {})).toBeUndefined();
    expect(settings({}, { OTEL_EXPORTER_OTLP_ENDPOINT: "" })).toBeUndefined();
    expect(settings({ otlpEndpoint: "http://c:4318" }, { OTEL_SDK_DISABLED: "TRUE" })).toBeUndefined();
  });

  test("to /v1/traces of a base URL; a URL for traces is taken as it is; config.yaml goes before", () => {
    expect(settings({}, ENDPOINT)?.url).toBe("http://c:4318/v1/traces");
    const own = { ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://t:1/in" };
    expect(settings({}, own)?.url).toBe("http://t:1/in");
    expect(settings({ otlpEndpoint: "http://f:4318/otlp" }, own)?.url).toBe("http://f:4318/otlp/v1/traces");
    expect(settings({}, { OTEL_EXPORTER_OTLP_ENDPOINT: "c:4317" })).toMatchObject({
      url: "",
      complaints: [expect.stringContaining("there are no traces")],
    });
  });

  test("with headers and a name", () => {
    const env = { ...ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: "api-key=a%20b, X-Team=gpu", OTEL_SERVICE_NAME: "node-7" };
    expect(settings({}, env)).toMatchObject({
      headers: { "api-key": "a b", "x-team": "gpu" },
      serviceName: "node-7",
      complaints: [],
    });
    expect(settings({ otlpHeaders: "k=v", serviceName: "mine" }, env)).toMatchObject({
      headers: { k: "v" },
      serviceName: "mine",
    });
    expect(settings({}, { ...ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: "x=%0d%0ay" })?.complaints).toHaveLength(1);
    expect(settings({}, { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })?.complaints).toHaveLength(1);
  });
});

describe("how many", () => {
  test.each([
    [{}, 1, true],
    [{ OTEL_TRACES_SAMPLER: "always_on" }, 1, false],
    [{ OTEL_TRACES_SAMPLER: "always_off" }, 0, false],
    [{ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25" }, 0.25, false],
    [{ OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25" }, 0.25, true],
    [{ OTEL_TRACES_SAMPLER: "parentbased_always_off" }, 0, true],
    [{ OTEL_TRACES_SAMPLER: "traceidratio" }, 1, false],
  ])("%p", (env, ratio, parentBased) => {
    expect(settings({}, { ...ENDPOINT, ...env })).toMatchObject({ ratio, parentBased, complaints: [] });
  });

  test("nonsense is said, and all are traced; config.yaml goes before", () => {
    const ratio = { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "7" };
    for (const env of [{ OTEL_TRACES_SAMPLER: "jaeger_remote" }, ratio]) {
      const read = settings({}, { ...ENDPOINT, ...env });
      expect([read?.ratio, read?.complaints.length]).toEqual([1, 1]);
    }
    expect(settings({ sampleRatio: 0.5 }, { ...ENDPOINT, ...ratio })).toMatchObject({ ratio: 0.5, complaints: [] });
    expect(tracing.safeParse({ sampleRatio: 1.5 }).success).toBe(false);
  });
});
