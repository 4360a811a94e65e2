// Which headers pass to a model server and back: allow lists both ways, so that what nobody thought of stays here.

/** Who the caller is, its signature, cookies and addresses included, is no model server's business. */
const TO_BACKEND = ["content-type", "accept", "openai-beta"] as const;
/** The caller's trace, which the model server joins; where this node traces too, it stands between them. */
const TRACE_CONTEXT = ["traceparent", "tracestate"] as const;

const TO_CALLER: ReadonlySet<string> = new Set([
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "openai-model",
  "openai-processing-ms",
  "openai-version",
  "retry-after",
]);
const TO_CALLER_PREFIX = "x-ratelimit-";

export interface OutgoingFacts {
  readonly requestId: string;
  readonly userAgent: string;
  /** True when the body was read as JSON, whatever the caller called it. */
  readonly json: boolean;
  /** undefined: this node does not trace. */
  readonly trace: Readonly<Record<string, string>> | undefined;
}

export function headersToBackend(caller: Headers, { requestId, userAgent, json, trace }: OutgoingFacts) {
  const headers: Record<string, string> = {
    // Compression would only hold events back, and be undone here.
    "accept-encoding": "identity",
    "user-agent": userAgent,
    "x-request-id": requestId,
  };
  for (const name of TO_BACKEND) {
    const value = caller.get(name);
    if (value !== null) headers[name] = value;
  }
  if (trace) Object.assign(headers, trace);
  else {
    for (const name of TRACE_CONTEXT) {
      const value = caller.get(name);
      if (value !== null) headers[name] = value;
    }
  }
  if (json) headers["content-type"] = "application/json";
  return headers;
}

/** The request's own id goes with it; no content-length: whoever sends the body counts it. */
export function headersToCaller(backend: ReadonlyMap<string, string>, requestId: string): Record<string, string> {
  const headers: Record<string, string> = { "x-request-id": requestId };
  for (const [name, value] of backend) {
    if (TO_CALLER.has(name) || name.startsWith(TO_CALLER_PREFIX)) headers[name] = value;
  }
  return headers;
}

/** Of a stream that no model server has begun yet. */
const PROMISED: ReadonlyMap<string, string> = new Map([["content-type", "text/event-stream"]]);

/** No cache keeps a stream, and no proxy on the way collects it. */
export function streamHeaders(requestId: string, backend = PROMISED): Record<string, string> {
  return { ...headersToCaller(backend, requestId), "cache-control": "no-cache", "x-accel-buffering": "no" };
}
