// Spans as OpenTelemetry's collectors take them: OTLP as JSON over HTTP. Never a prompt or an answer in one.
import type { AttributeValue } from "../../core/trace.ts";

export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly traceState?: string | undefined;
  readonly name: string;
  readonly kind: keyof typeof KINDS;
  /** Wall clock, milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Attributes;
  readonly failed: boolean;
}

export type Attributes = Readonly<Record<string, AttributeValue>>;

const KINDS = { internal: 1, server: 2, client: 3 } as const;
const ERROR = 2;

export function otlpJson(spans: readonly FinishedSpan[], resource: Attributes): string {
  const scopeSpans = [{ scope: { name: "fxn" }, spans: spans.map(spanJson) }];
  return JSON.stringify({ resourceSpans: [{ resource: { attributes: attributesJson(resource) }, scopeSpans }] });
}

function spanJson({ startedAt, endedAt, attributes, failed, kind, ...span }: FinishedSpan) {
  return {
    ...span,
    kind: KINDS[kind],
    startTimeUnixNano: nanoseconds(startedAt),
    endTimeUnixNano: nanoseconds(endedAt),
    attributes: attributesJson(attributes),
    status: failed ? { code: ERROR } : {},
  };
}

function attributesJson(attributes: Attributes) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueJson(value) }));
}

function valueJson(value: AttributeValue) {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** More than a double holds. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}
