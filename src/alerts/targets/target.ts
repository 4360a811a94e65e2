// The joint between alerts and those who are told: one message, one answer.
import type { Notice } from "../../core/alert.ts";
import type { CheckText } from "../../core/check.ts";
import { FxnError } from "../../core/errors.ts";
import type { Fetch, FetchReply } from "../../lib/fetch.ts";
import { retryAfterOf } from "../../lib/retry-after.ts";

export interface Target {
  /** "webhook hooks.example.org": the kind and the host. Paths and queries of such URLs are secrets. */
  readonly name: string;
  /** Resolves with the status when it has taken it. Throws FetchError, or AlertError when it has answered otherwise. */
  send(notice: Notice, signal: AbortSignal): Promise<number>;
}

export interface TargetPorts {
  readonly fetch: Fetch;
  /** What the node is called in messages. */
  readonly node: string;
  readonly version: string;
  /** Who reads a message far from the machine finds the words of the check in it. */
  readonly explain: (id: string) => CheckText | undefined;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
}

/** refused: the same message would be refused again. busy: it may be taken later. */
export class AlertError extends FxnError<"alert_refused" | "alert_busy"> {
  /** Seconds for which it wants to be left alone. */
  readonly retryAfter: number | undefined;

  constructor(code: "alert_refused" | "alert_busy", message: string, retryAfter?: number) {
    super(code, 502, message);
    this.retryAfter = retryAfter;
  }
}

export const LIMITS = { timeoutMs: 10_000, maxBytes: 64 * 1024 };
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

/** @param said what it has answered beside the status */
export function taken(
  name: string,
  { status, headers }: Pick<FetchReply, "status" | "headers">,
  said: { readonly words?: string | undefined; readonly retryAfter?: number | undefined } = {},
): number {
  if (status >= 200 && status <= 299) return status;
  const again = status >= 500 || LATER.has(status);
  const words = said.words === undefined ? "" : `: ${said.words}`;
  const retryAfter = said.retryAfter ?? retryAfterOf(headers);
  throw new AlertError(again ? "alert_busy" : "alert_refused", `${name}: it answered ${status}${words}`, retryAfter);
}
