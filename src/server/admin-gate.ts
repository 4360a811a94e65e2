// THE GATE of the operator's listener: every request passes it before a route, every answer after.
import type { AdminAccess } from "./admin-access.ts";
import { HttpError } from "./errors.ts";
import { targetOf } from "./target.ts";

export interface AdminGatePorts {
  /** Names that the Host header may carry, without port. */
  readonly allowedHosts: readonly string[];
  readonly access: AdminAccess;
  /** Paths that tell nothing of this node: the page before it has asked, and where the token is got. */
  readonly open: ReadonlySet<string>;
}

/** What Prometheus and health checks have always read without a token; /ready keeps its reasons to itself then. */
const MACHINES = ["/metrics", "/ready"];
const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];

const HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data: 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cache-Control": "no-store",
} as const;

/** Throws HttpError for what may not pass. */
export function createAdminGate(ports: AdminGatePorts): (request: Request, peer: string | undefined) => void {
  const allowed = new Set([...LOOPBACK_NAMES, ...ports.allowedHosts].map(hostName));
  return ({ method, url, headers }, peer) => {
    const { path, search } = targetOf(url);
    checkHost(headers, allowed);
    checkSite(headers, path);
    if (method !== "GET" && method !== "HEAD") {
      throw new HttpError("method_not_allowed", 405, "this listener is read only", { headers: { Allow: "GET, HEAD" } });
    }
    if (/[?&](access_)?token=/i.test(search)) {
      throw new HttpError("token_in_url", 400, "a token in a URL is kept by browsers and proxies: nobody looks at it", {
        hint: "Authorization: Bearer TOKEN",
      });
    }
    if (ports.open.has(path) || MACHINES.includes(path)) return;
    ports.access.check(headers.get("authorization"), peer);
  };
}

export function withAdminHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
  return response;
}

/** As the Host header has it: lower case, IPv6 in brackets. */
function hostName(name: string): string {
  return name.includes(":") && !name.startsWith("[") ? `[${name.toLowerCase()}]` : name.toLowerCase();
}

/** A page in the operator's browser can make a name of its own point here (DNS rebinding); its Host gives it away. */
function checkHost(headers: Headers, allowed: ReadonlySet<string>): void {
  const host = (headers.get("host") ?? "").toLowerCase().replace(/:\d+$/, "");
  if (allowed.has(host)) return;
  const message = `Host ${host || "(none)"} may not read this listener; see admin.allowedHosts`;
  throw new HttpError("host_not_allowed", 403, message);
}

/** Another site may lead the operator to the page, and do nothing else. Programs send none of these headers. */
function checkSite(headers: Headers, path: string): void {
  const origin = headers.get("origin");
  const own = origin === null || (URL.canParse(origin) && new URL(origin).host === hostOf(headers));
  const site = headers.get("sec-fetch-site") ?? "none";
  const visit =
    path === "/" && headers.get("sec-fetch-mode") === "navigate" && headers.get("sec-fetch-dest") === "document";
  if (own && (site === "none" || site === "same-origin" || visit)) return;
  throw new HttpError("cross_site", 403, "another site asked for this");
}

function hostOf(headers: Headers): string {
  return (headers.get("host") ?? "").toLowerCase();
}
