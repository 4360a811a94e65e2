// What one process has counted, out of its metrics: the same numbers that are scraped, so that none is counted twice.
import { z } from "zod";
import type { Registry } from "../../observe/metrics/node.ts";

export interface Counts {
  /** By the first digit of the status. */
  readonly answers: Readonly<Record<string, number>>;
  /** Requests that verification refused, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** First tokens up to each bound in seconds, those of lower bounds among them; the last bound is Infinity. */
  readonly firstToken: ReadonlyMap<number, number>;
  /** As they are now. */
  readonly inFlight: number;
  readonly streams: number;
  readonly waiting: number;
}

interface Value {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string | undefined;
}

const label = z.union([z.string(), z.number()]);
const values = z.array(
  z.object({
    labels: z.record(z.string(), label.optional()).transform(withoutAbsent),
    value: z.number(),
    metricName: z.string().optional(),
  }),
);
const named = z.object({ name: z.string(), values: z.unknown() });

const READ = [
  "fxn_http_requests_total",
  "fxn_auth_rejected_total",
  "fxn_inference_tokens_total",
  "fxn_inference_first_token_seconds",
  "fxn_backend_inflight",
  "fxn_inference_streams",
  "fxn_inference_queue_depth",
] as const;
type Name = (typeof READ)[number];
const BUCKET = "fxn_inference_first_token_seconds_bucket";

/** Of this process; not of all its metrics, some of which are dear to collect. */
export async function metricsToCount(register: Pick<Registry, "getSingleMetric">): Promise<object[]> {
  const metrics = await Promise.all(READ.map((name) => register.getSingleMetric(name)?.get()));
  return metrics.filter((metric) => metric !== undefined);
}

/** @param metrics as a register's `getMetricsAsJSON` gives them */
export function countsOf(metrics: readonly object[]): Counts {
  const found = new Map<string, readonly Value[]>();
  for (const metric of metrics) {
    const { name, values: unread } = named.parse(metric);
    if (READ.some((known) => known === name)) found.set(name, values.parse(unread));
  }
  const all = (name: Name) => found.get(name) ?? [];
  const tokens = Object.fromEntries(
    summed(all("fxn_inference_tokens_total"), ({ labels }) => String(labels.direction)),
  );
  return {
    answers: Object.fromEntries(
      summed(all("fxn_http_requests_total"), ({ labels }) => String(labels.code).slice(0, 1)),
    ),
    refused: Object.fromEntries(summed(all("fxn_auth_rejected_total"), ({ labels }) => String(labels.reason))),
    promptTokens: tokens.prompt ?? 0,
    completionTokens: tokens.completion ?? 0,
    firstToken: summed(
      all("fxn_inference_first_token_seconds").filter(({ metricName }) => metricName === BUCKET),
      ({ labels }) => boundOf(labels.le),
    ),
    inFlight: total(all("fxn_backend_inflight")),
    streams: total(all("fxn_inference_streams")),
    waiting: total(all("fxn_inference_queue_depth")),
  };
}

function summed<Key>(values: readonly Value[], keyOf: (value: Value) => Key): Map<Key, number> {
  const sums = new Map<Key, number>();
  for (const value of values) sums.set(keyOf(value), (sums.get(keyOf(value)) ?? 0) + value.value);
  return sums;
}

function total(values: readonly Value[]): number {
  return values.reduce((sum, { value }) => sum + value, 0);
}

function boundOf(le: string | number | undefined): number {
  return le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
}

function withoutAbsent(labels: Readonly<Record<string, string | number | undefined>>): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
