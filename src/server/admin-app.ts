// The operator's read-only listener: /metrics, /status, /activity, and /ready with reasons; the Host header is checked.
import { Elysia } from "elysia";
import { errorResponse, HttpError, JSON_TYPE } from "./errors.ts";

export interface AdminAppPorts {
  readonly metrics: () => Promise<{ type: string; text: string }>;
  readonly status: () => unknown;
  /** JSON text. */
  readonly activity: () => string;
  readonly readiness: () => { ready: boolean; reasons: readonly string[] };
  /** Further names that the Host header may carry, without port. */
  readonly allowedHosts: readonly string[];
}

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/** As the Host header has it: lower case, IPv6 in brackets. */
function hostName(name: string): string {
  return name.includes(":") && !name.startsWith("[") ? `[${name.toLowerCase()}]` : name.toLowerCase();
}

export function createAdminApp(ports: AdminAppPorts): (request: Request) => Promise<Response> {
  const allowed = new Set([...LOOPBACK_NAMES, ...ports.allowedHosts].map(hostName));
  const app = new Elysia({ normalize: false, handler: { standardHostname: false } })
    // Before the routes: a hook holds only for what is registered after it.
    .onError(({ error, code }) =>
      errorResponse(
        code === "NOT_FOUND"
          ? new HttpError("unknown_url", 404, "/metrics, /status, /activity and /ready are here")
          : error,
      ),
    )
    .get("/metrics", async () => {
      const { type, text } = await ports.metrics();
      return new Response(text, { headers: { "Content-Type": type } });
    })
    .get("/status", () => Response.json(ports.status()))
    .get("/activity", () => new Response(ports.activity(), { headers: JSON_TYPE }))
    .get("/ready", () => {
      const { ready, reasons } = ports.readiness();
      return Response.json({ ready, reasons }, { status: ready ? 200 : 503 });
    });
  return async (request) => {
    // A page in the operator's browser can make a name of its own point here (DNS rebinding); its Host gives it away.
    const host = (request.headers.get("host") ?? "").toLowerCase().replace(/:\d+$/, "");
    if (!allowed.has(host)) {
      return errorResponse(
        new HttpError(
          "host_not_allowed",
          403,
          `Host ${host || "(none)"} may not read this listener; see admin.allowedHosts`,
        ),
      );
    }
    return app.handle(request);
  };
}
