// The field kinds of networks: URLs, hosts and ports.
import { z } from "zod";
import { describe, field } from "./field.ts";

const isIpv4 = (text: string) => z.regexes.ipv4.test(text);
// zod's pattern lacks the form with an IPv4 tail (::ffff:127.0.0.1), which stands for two groups.
const isIpv6 = (text: string) =>
  z.regexes.ipv6.test(text.replace(/(?<=:)[\d.]+$/, (tail) => (isIpv4(tail) ? "0:0" : tail)));
const isIp = (text: string) => isIpv4(text) || isIpv6(text);

function httpUrlOf(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === "http:" || url?.protocol === "https:" ? url : undefined;
}

const HTTP_URL = "a URL that starts with http:// or https://";

/** A URL that is fetched as it is. Its path and query may hold a token, so that they are not shown. */
export const httpUrl = field<string>({
  schema: { title: "URL", type: "string", format: "uri", examples: ["https://api.ipify.org"] },
  expected: HTTP_URL,
  hidden: true,
  read: (text) => httpUrlOf(text) && text,
  write: (value) => value,
});

/** The JSON-RPC endpoint of a chain; most of them carry an API key in the path. */
export const rpcUrl = field<string>({
  schema: { title: "URL", type: "string", format: "uri", examples: ["https://sepolia.base.org"] },
  expected: HTTP_URL,
  hidden: true,
  read(text, refuse) {
    if (/^wss?:/i.test(text)) {
      return refuse(
        `expected ${HTTP_URL}: RPC over WebSocket is not supported; most providers offer the same over https`,
      );
    }
    return httpUrlOf(text) && text;
  },
  write: (value) => value,
});

/** The base URL of a model server, to which paths are added. */
export const baseUrl = field<string>({
  schema: { title: "URL", type: "string", format: "uri", examples: ["http://127.0.0.1:8000"] },
  expected: `${HTTP_URL}, such as "http://127.0.0.1:8000"`,
  hidden: true,
  read(text, refuse) {
    const url = httpUrlOf(text);
    if (url && (url.username || url.password)) {
      return refuse("a URL with a user or password in it is refused: use apiKey or bearerToken, or their …File");
    }
    if (url && /[?#]/.test(text))
      return refuse("a base URL ends before ? and #: the path of each request is added to it");
    return url && text;
  },
  write: (value) => value,
});

/** Of the stores in src/store/shared/index.ts. */
const STORE_URL = /^(rediss?|valkeys?|postgres(ql)?):\/\/[^/?#]/i;

/** A store that several nodes share; its user and password are in it. */
export const storeUrl = field<string>({
  schema: { title: "URL", type: "string", format: "uri", examples: ["rediss://user:password@redis.lan:6379"] },
  expected:
    "a URL that starts with redis://, rediss://, valkey://, valkeys://, postgres:// or postgresql://, and a host",
  hidden: true,
  read: (text) => (STORE_URL.test(text) && URL.canParse(text) ? text : undefined),
  write: (value) => value,
});

/** What names in a store begin with; it becomes part of SQL, and Postgres cuts long names. */
export const storePrefix = field<string>({
  schema: { title: "name", type: "string", pattern: "^[a-z][a-z0-9_]{0,31}$" },
  expected: "1 to 32 of a-z, 0-9 and _, a letter first",
  read: (text) => (/^[a-z][a-z0-9_]{0,31}$/.test(text) ? text : undefined),
  write: (value) => value,
});

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*\.?$/i;

/** An IP address, IPv6 without brackets, or a name. */
function hostOf(text: string): string | undefined {
  const bare = /^\[.*\]$/.test(text) ? text.slice(1, -1) : text;
  if (isIp(bare)) return bare;
  // What looks like an IPv4 address and is none ("127.0.0.256") is not a name either.
  return HOST_NAME.test(text) && !/^[\d.]+$/.test(text) ? text : undefined;
}

export const listenHost = field<string>({
  schema: { title: "host", type: "string", examples: ["0.0.0.0"] },
  expected: `an IP address or a host name, such as "127.0.0.1" or "0.0.0.0"`,
  read(text, refuse) {
    const port = /:(\d+)$/.exec(text);
    if (port && !isIp(text))
      return refuse(`expected an address without a port, found ${describe(text)}: set listenPort to ${port[1]}`);
    return hostOf(text);
  },
  write: (value) => value,
});

export const ipAddress = field<string>({
  schema: { title: "IP address", type: "string", examples: ["203.0.113.7"] },
  expected: `an IP address such as "203.0.113.7"`,
  read: (text) => (isIp(text) ? text : undefined),
  write: (value) => value,
});

/** One IP address or a range of them: "10.0.0.0/8". */
export const addressRange = field<string>({
  schema: { title: "IP range", type: "string", examples: ["10.0.0.0/8"] },
  expected: `an IP address or a range of them, such as "10.0.0.0/8" or "fd00::/8"`,
  read(text) {
    const [, address = "", prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
    return isIp(address) && Number(prefix ?? 0) <= (isIpv4(address) ? 32 : 128) ? text : undefined;
  },
  write: (value) => value,
});

export interface HostPort {
  /** IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** An IPv6 host stands in brackets. */
export const hostPort = field<HostPort>({
  schema: { title: "host:port", type: "string", examples: ["127.0.0.1:9464"] },
  expected: `host:port, such as "127.0.0.1:9464"`,
  read(text) {
    const match = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text);
    const host = match?.[1] && hostOf(match[1]);
    const port = Number(match?.[2]);
    return host && port <= 65_535 ? { host, port } : undefined;
  },
  write: ({ host, port }) => (isIpv6(host) ? `[${host}]:${port}` : `${host}:${port}`),
});

/** A SOCKS5 proxy. Its own name would have to be resolved outside of it, so it has none. */
export const proxyAddress = field<HostPort>({
  schema: { title: "IP:port", type: "string", examples: ["127.0.0.1:9050"] },
  expected: `the IP address and port of a SOCKS5 proxy, such as "127.0.0.1:9050"`,
  read(text) {
    const [, bracketed, bare, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
    const host = bracketed ?? bare ?? "";
    const number = Number(port);
    return isIp(host) && number > 0 && number <= 65_535 ? { host, port: number } : undefined;
  },
  write: ({ host, port }) => (isIpv6(host) ? `[${host}]:${port}` : `${host}:${port}`),
});

/** A host of URLs, any port or one; as the URL class writes it, so that it can be compared with one. */
export const urlHost = field<string>({
  schema: { title: "host", type: "string", examples: ["node.lan:8080"] },
  expected: `a host name or an IP address, with a port when only that one is meant, such as "node.lan:8080"`,
  read(text) {
    if (isIpv6(text)) return new URL(`http://[${text}]`).hostname;
    const [, host = "", port] = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
    if (hostOf(host) === undefined || !URL.canParse(`http://${host}`) || Number(port ?? 1) > 65_535) return undefined;
    const { hostname } = new URL(`http://${host}`);
    return port === undefined ? hostname : `${hostname}:${Number(port)}`;
  },
  write: (value) => value,
});

/** Whether only this machine can reach a listener on that host. */
export function isLoopback(host: string): boolean {
  return isIpv4(host) ? host.startsWith("127.") : host === "::1" || host.toLowerCase() === "localhost";
}
