// Spans as OpenTelemetry's collectors take them: OTLP as JSON over HTTP. Never a prompt or an answer in one.
export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** Wall clock, milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly failed: boolean;
}

const SERVER = 2;
const ERROR = 2;

export function otlpJson(spans: readonly FinishedSpan[], resource: Readonly<Record<string, string>>): string {
  const scopeSpans = [{ scope: { name: "fxn" }, spans: spans.map(spanJson) }];
  return JSON.stringify({ resourceSpans: [{ resource: { attributes: attributesJson(resource) }, scopeSpans }] });
}

function spanJson({ startedAt, endedAt, attributes, failed, ...span }: FinishedSpan) {
  return {
    ...span,
    kind: SERVER,
    startTimeUnixNano: nanoseconds(startedAt),
    endTimeUnixNano: nanoseconds(endedAt),
    attributes: attributesJson(attributes),
    status: failed ? { code: ERROR } : {},
  };
}

function attributesJson(attributes: Readonly<Record<string, string | number>>) {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value },
  }));
}

/** More than a double holds. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}

/** What stands in a W3C traceparent header; undefined for any other text, and for ids of zeros. */
export function parentOf(header: string | null): { traceId: string; spanId: string } | undefined {
  const [, traceId = "", spanId = ""] = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}/.exec(header ?? "") ?? [];
  return /[1-9a-f]/.test(traceId) && /[1-9a-f]/.test(spanId) ? { traceId, spanId } : undefined;
}
