// A connection through a SOCKS5 proxy (RFC 1928, 1929): names go to the proxy as they are, nothing is resolved here.
import { once } from "node:events";
import { connect, isIP, type Socket } from "node:net";
import { FxnError } from "../core/errors.ts";

export type SocksCode = "socks_unreachable" | "socks_denied" | "socks_refused" | "socks_invalid" | "socks_aborted";

/** Messages name neither the destination nor a password. */
export class SocksError extends FxnError<SocksCode> {
  constructor(code: SocksCode, message: string, cause?: unknown) {
    super(code, code === "socks_aborted" ? 499 : 502, message, { cause });
  }
}

export interface SocksProxy {
  /** An IP address: the name of a proxy would have to be resolved before there is one. */
  readonly host: string;
  readonly port: number;
  /** Tor keeps what comes with different ones on different paths. */
  readonly credentials?: SocksCredentials;
}

export interface SocksCredentials {
  readonly user: string;
  readonly password: string;
}

export interface SocksTarget {
  /** A name, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

export type ProxiedSocket = Socket;

const VERSION = 5;
const NO_CREDENTIALS = 0;
const WITH_CREDENTIALS = 2;
const CREDENTIALS_VERSION = 1;
const CONNECT = 1;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;

const REFUSALS: Readonly<Record<number, string>> = {
  1: "it failed",
  2: "its rules forbid it",
  3: "the network is unreachable",
  4: "the host is unreachable",
  5: "the connection was refused",
  6: "it took too long",
  7: "it cannot connect for others",
  8: "it does not take that kind of address",
};

/**
 * The connection as if it were to the target itself; nothing has been read of it.
 * Rejects with SocksError, and nothing is left open then.
 */
export async function connectThrough(
  proxy: SocksProxy,
  target: SocksTarget,
  signal: AbortSignal,
): Promise<ProxiedSocket> {
  const request = requestOf(target);
  if (isIP(proxy.host) === 0) throw new SocksError("socks_invalid", "the proxy must be named by its IP address");
  if (signal.aborted) throw new SocksError("socks_aborted", "the request was cancelled");
  const socket = connect({ host: proxy.host, port: proxy.port });
  const gone = new AbortController();
  const onClose = () => gone.abort();
  const onError = () => undefined;
  socket.on("error", onError);
  socket.once("close", onClose);
  const ended = AbortSignal.any([signal, gone.signal]);
  let reached = false;
  try {
    await once(socket, "connect", { signal: ended });
    reached = true;
    await agree(socket, proxy.credentials, request, ended);
    socket.off("close", onClose);
    socket.off("error", onError);
    return socket;
  } catch (error) {
    socket.destroy();
    if (error instanceof SocksError) throw error;
    if (signal.aborted) throw new SocksError("socks_aborted", "the request was cancelled", error);
    throw new SocksError(
      "socks_unreachable",
      reached ? "the proxy closed the connection" : "the proxy is not reached",
      error,
    );
  }
}

async function agree(
  socket: Socket,
  credentials: SocksCredentials | undefined,
  request: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const take = (count: number) => read(socket, count, signal);
  const offered = credentials ? [WITH_CREDENTIALS, NO_CREDENTIALS] : [NO_CREDENTIALS];
  socket.write(Uint8Array.from([VERSION, offered.length, ...offered]));
  const [version, method] = await take(2);
  if (version !== VERSION) throw new SocksError("socks_invalid", "what answers there is no SOCKS5 proxy");
  if (credentials && method === WITH_CREDENTIALS) {
    socket.write(credentialsBytes(credentials));
    const [, status] = await take(2);
    if (status !== 0) throw new SocksError("socks_denied", "the proxy does not take these credentials");
  } else if (method !== NO_CREDENTIALS) throw new SocksError("socks_denied", "the proxy wants other credentials");
  socket.write(request);
  const [, reply, , kind] = await take(4);
  if (reply !== 0)
    throw new SocksError("socks_refused", `the proxy did not connect: ${REFUSALS[reply ?? -1] ?? `code ${reply}`}`);
  await take((await boundLength(kind, take)) + 2);
}

/** Of the address that the proxy uses, which is nobody's concern. */
async function boundLength(kind: number | undefined, take: (count: number) => Promise<Uint8Array>): Promise<number> {
  if (kind === IPV4) return 4;
  if (kind === IPV6) return 16;
  if (kind === NAME) return (await take(1))[0] ?? 0;
  throw new SocksError("socks_invalid", "the proxy's answer is not SOCKS5");
}

/** What comes after stays in the socket, for whoever reads it next. */
async function read(socket: Socket, count: number, signal: AbortSignal): Promise<Uint8Array> {
  for (;;) {
    const bytes: unknown = socket.read(count);
    if (bytes instanceof Uint8Array && bytes.length === count) return bytes;
    await once(socket, "readable", { signal });
  }
}

function requestOf({ host, port }: SocksTarget): Uint8Array {
  const family = host.includes("%") ? 0 : isIP(host);
  const head = [VERSION, CONNECT, 0];
  const tail = [port >> 8, port & 0xff];
  if (family === 4) return Uint8Array.from([...head, IPV4, ...host.split(".").map(Number), ...tail]);
  if (family === 6) return Uint8Array.from([...head, IPV6, ...ipv6Bytes(host), ...tail]);
  // A name in another form, or an address with a scope, would mean something else to the proxy.
  if (!/^[a-z0-9_.-]{1,255}$/i.test(host)) throw new SocksError("socks_invalid", "a name that no proxy takes");
  return Uint8Array.from([...head, NAME, host.length, ...Buffer.from(host, "ascii"), ...tail]);
}

function ipv6Bytes(host: string): number[] {
  // The URL class writes groups without an IPv4 tail; what is left out in the middle is zeros.
  const [left = "", right] = new URL(`http://[${host}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string) => text.split(":").filter(Boolean);
  const missing = right === undefined ? 0 : 8 - groups(left).length - groups(right).length;
  const all = [...groups(left), ...Array<string>(missing).fill("0"), ...groups(right ?? "")];
  return all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}

function credentialsBytes({ user, password }: SocksCredentials): Uint8Array {
  const [name, word] = [Buffer.from(user), Buffer.from(password)];
  if (name.length < 1 || name.length > 255 || word.length < 1 || word.length > 255)
    throw new SocksError("socks_invalid", "user and password of a proxy have 1 to 255 bytes");
  return Uint8Array.from([CREDENTIALS_VERSION, name.length, ...name, word.length, ...word]);
}
