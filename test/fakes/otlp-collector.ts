// A collector of traces as strict as the protocol's JSON form: ids in hex, 64-bit numbers as text, no field that it has not.
import { z } from "zod";

const nanoseconds = z.string().regex(/^\d{16,20}$/);
const value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ doubleValue: z.number() }),
]);
const attributes = z.array(z.strictObject({ key: z.string().min(1), value }));
const span = z.strictObject({
  traceId: z.string().regex(/^[\da-f]{32}$/),
  spanId: z.string().regex(/^[\da-f]{16}$/),
  parentSpanId: z
    .string()
    .regex(/^[\da-f]{16}$/)
    .optional(),
  traceState: z.string().optional(),
  name: z.string().min(1),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes,
  status: z.strictObject({ code: z.int().min(0).max(2).optional() }),
});
const exported = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes }),
      scopeSpans: z.array(z.strictObject({ scope: z.strictObject({ name: z.string() }), spans: z.array(span).min(1) })),
    }),
  ),
});

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: number;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface OtlpCollector {
  readonly url: string;
  readonly spans: CollectedSpan[];
  /** Bodies as they came. */
  readonly bodies: string[];
  /** What a real one would have refused. */
  readonly refused: string[];
  stop(): void;
}

export function startCollector(key: string): OtlpCollector {
  const spans: CollectedSpan[] = [];
  const bodies: string[] = [];
  const refused: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const right = request.method === "POST" && pathname === "/v1/traces" && request.headers.get("api-key") === key;
      const text = await request.text();
      const parsed = exported.safeParse(JSON.parse(text));
      if (!right || !parsed.success || request.headers.get("content-type") !== "application/json") {
        refused.push(`${request.method} ${pathname}: ${parsed.error?.message ?? "headers"}`);
        return new Response(null, { status: 400 });
      }
      bodies.push(text);
      for (const { scopeSpans } of parsed.data.resourceSpans) {
        for (const one of scopeSpans.flatMap((scope) => scope.spans)) spans.push(collected(one));
      }
      return Response.json({});
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, spans, bodies, refused, stop: () => server.stop(true) };
}

function collected({ traceId, spanId, parentSpanId, name, kind, status, attributes: list }: z.output<typeof span>) {
  const pairs = list.map(({ key, value: inner }) => {
    const [held]: unknown[] = Object.values(inner);
    return [key, "intValue" in inner ? Number(held) : held];
  });
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    kind,
    failed: status.code === 2,
    attributes: Object.fromEntries(pairs),
  };
}
