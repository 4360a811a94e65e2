// Where a request goes: a URL taken apart once, and remembered, since a node asks few URLs again and again.
import { HttpRequestError } from "../http-error.ts";

export interface Origin {
  /** Scheme, host and port: requests with the same key may share connections. */
  readonly key: string;
  readonly tls: boolean;
  /** Name or address to connect to; IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** As the Host header says it, and as errors do: without the scheme's own port. */
  readonly host: string;
}

export interface Target {
  readonly origin: Origin;
  /** Path and query, as the request line says them. */
  readonly path: string;
  /** Out of the URL's user and password; undefined without. */
  readonly authorization: string | undefined;
}

const MAX_REMEMBERED = 256;
/** The URL parser would drop line ends or encode spaces, and a request would go where nobody meant it to. */
const NOT_IN_A_URL = /[^\x21-\x7e\x80-\uffff]/;

export class Targets {
  readonly #known = new Map<string, Target>();

  /** Throws HttpRequestError. */
  of(url: string): Target {
    const known = this.#known.get(url);
    if (known) return known;
    const target = parseTarget(url);
    // Queries may make any number of them.
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    this.#known.set(url, target);
    return target;
  }
}

function parseTarget(text: string): Target {
  const url = NOT_IN_A_URL.test(text) ? null : URL.parse(text);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") throw new HttpRequestError("no URL of http or https");
  const tls = url.protocol === "https:";
  const origin = {
    key: `${url.protocol}//${url.host}`,
    tls,
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || (tls ? 443 : 80)),
    host: url.host,
  };
  return { origin, path: url.pathname + url.search, authorization: basicAuthorization(url) };
}

function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}
