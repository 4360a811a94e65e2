// The operator's read-only listener: the page and its facts, /metrics, /status, and /ready with reasons, behind one gate.
import { Elysia } from "elysia";
import type { AdminAccess } from "./admin-access.ts";
import { createAdminGate, withAdminHeaders } from "./admin-gate.ts";
import { errorResponse, HttpError, JSON_TYPE } from "./errors.ts";
import type { Connections } from "./listen.ts";
import { ASSETS } from "./page/assets.ts";

export interface AdminAppPorts {
  readonly metrics: () => Promise<{ type: string; text: string }>;
  readonly status: () => unknown;
  /** JSON text. */
  readonly activity: () => string;
  readonly readiness: () => { ready: boolean; reasons: readonly string[] };
  /** Further names that the Host header may carry, without port. */
  readonly allowedHosts: readonly string[];
  readonly access: AdminAccess;
}

/** Where the page changes the code of its link for the token. */
const SESSION = "/session";

type AdminHandler = (request: Request, connections?: Pick<Connections, "peer">) => Promise<Response>;

export function createAdminApp(ports: AdminAppPorts): AdminHandler {
  const { access } = ports;
  const gate = createAdminGate({ ...ports, open: new Set([...ASSETS.keys(), SESSION]) });
  const peers = new WeakMap<Request, string>();
  const app = new Elysia({ normalize: false, handler: { standardHostname: false } })
    // Before the routes: a hook holds only for what is registered after it.
    .onError(({ error, code }) =>
      errorResponse(
        code === "NOT_FOUND"
          ? new HttpError("unknown_url", 404, "/, /metrics, /status, /activity and /ready are here")
          : error,
      ),
    )
    .get("/metrics", async () => {
      const { type, text } = await ports.metrics();
      return new Response(text, { headers: { "Content-Type": type } });
    })
    .get("/status", () => Response.json(ports.status()))
    .get("/activity", () => new Response(ports.activity(), { headers: JSON_TYPE }))
    .get("/ready", ({ request }) => {
      const { ready, reasons } = ports.readiness();
      const told = access.knows(request.headers.get("authorization"), peers.get(request));
      return Response.json(told ? { ready, reasons } : { ready }, { status: ready ? 200 : 503 });
    })
    .get(SESSION, ({ request }) => {
      const token = access.redeem(request.headers.get("authorization"), peers.get(request));
      return Response.json({ token: token?.reveal() ?? null });
    });
  for (const [path, { type, text }] of ASSETS) {
    app.get(path, () => new Response(text, { headers: { "Content-Type": type } }));
  }
  return async (asked, connections) => {
    const peer = connections?.peer(asked);
    try {
      gate(asked, peer);
      const request = asked.method === "HEAD" ? new Request(asked.url, { headers: asked.headers }) : asked;
      if (peer !== undefined) peers.set(request, peer);
      const response = withAdminHeaders(await app.handle(request));
      return asked.method === "HEAD" ? new Response(null, response) : response;
    } catch (error) {
      return withAdminHeaders(errorResponse(error));
    }
  };
}
