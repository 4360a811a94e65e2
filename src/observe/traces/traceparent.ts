// W3C Trace Context: which trace a request belongs to. What is malformed begins a new one, as the standard says.

export interface Parent {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

const FORM = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
/** Of a tracestate; the standard asks for as many to be passed on. */
const MOST_STATE = 512;

/** undefined for any other text, for ids of zeros, and for version ff. */
export function parentOf(header: string | null): Parent | undefined {
  const [, version = "", traceId = "", spanId = "", flags = "", more] = FORM.exec(header ?? "") ?? [];
  // Only later versions may say more.
  if (version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (!/[1-9a-f]/.test(traceId) || !/[1-9a-f]/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function traceparent({ traceId, spanId, sampled }: Parent): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}

/** What is passed on with it, as it is; undefined for what is too long or no such text. */
export function tracestateOf(header: string | null): string | undefined {
  return header !== null && header.length <= MOST_STATE && /^[\x20-\x7e]+$/.test(header) ? header : undefined;
}
