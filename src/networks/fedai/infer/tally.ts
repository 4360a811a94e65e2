// Counts one inference when it has ended: the network's own metrics, this node's, and its span.
import { FxnError } from "../../../core/errors.ts";
import type { HttpCall } from "../../../core/network.ts";
import type { FedaiNode } from "../fedai-node.ts";

export interface Tally {
  /** @param status as HTTP has it; a second call does nothing */
  (status: number, word?: string): void;
  /** The error, counted. */
  failed(error: unknown): unknown;
  /** Whose request it is, once that is known. */
  of(requestId: string): void;
  /** It may call: nobody's word on traces counts before. */
  admitted(): void;
}

const SPANS = { infer: "node.infer", "infer-stream": "node.inferStream" } as const;

export function tally(
  { ports, metrics, tracer }: FedaiNode,
  name: keyof typeof SPANS,
  { headers }: Pick<HttpCall, "headers">,
): Tally {
  const span = tracer.begin(SPANS[name], headers);
  const started = ports.clock.monotonic();
  let counted = false;
  const end = (status: number, word = status === 200 ? "ok" : String(status)) => {
    if (counted) return;
    counted = true;
    const seconds = (ports.clock.monotonic() - started) / 1000;
    metrics.answered(status, seconds);
    ports.metrics.call(name, word);
    ports.metrics.work(resultOf(status), seconds);
    span.end(status);
  };
  const failed = (error: unknown) => {
    if (error instanceof FxnError) end(error.status, error.code);
    else end(500);
    return error;
  };
  return Object.assign(end, { failed, of: span.of, admitted: span.admitted });
}

function resultOf(status: number): string {
  if (status === 200) return "ok";
  if (status === 499) return "cancelled";
  return status >= 500 && status !== 503 ? "failed" : "refused";
}
