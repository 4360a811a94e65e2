// What can go wrong with an RPC, told without the parts of its URL that may be an API key.
import { BaseError, HttpRequestError, RpcRequestError } from "viem";
import type { Hex } from "../core/address.ts";
import { FxnError, messageOf } from "../core/errors.ts";
import { clean } from "../lib/clean.ts";
import { FetchError } from "../lib/fetch.ts";

export type RpcCode =
  | "rpc_failed"
  | "rpc_timeout"
  | "rpc_wrong_chain"
  | "rpc_reverted"
  /** An error that is an answer: to a transaction that is not taken, to a question that this RPC does not know. */
  | "rpc_refused";

export class RpcError extends FxnError<RpcCode> {
  /** Of a contract that reverts: what it gave as its reason. */
  readonly data: Hex | undefined;

  constructor(code: RpcCode, status: number, message: string, detail: { hint?: string; data?: Hex | undefined } = {}) {
    super(code, status, message, detail);
    this.data = detail.data;
  }
}

/** What geth and its kin say of a call that reverts; the reason is in the error's data. */
const REVERTED = 3;
/** By EIP-1474. */
const LIMIT_EXCEEDED = -32_005;
/** Whose errors say nothing against the RPC. */
const MAY_BE_REFUSED = ["eth_sendRawTransaction", "eth_maxPriorityFeePerGas"];
const LONGEST = 300;
/** Of a revert's data, in hex digits. */
const MAX_DATA = 20_000;
/** Shorter parts of a URL ("v2") are no secrets, and blanking them would shred the text. */
const MIN_SECRET = 5;

/**
 * An error of one RPC as an RpcError; the text of a remote server may quote the URL, so it is cleaned of it.
 * @param method that was called, where one was
 */
export function rpcError(error: unknown, url: URL, method?: string): RpcError {
  const known = within(error, RpcError);
  if (known) return known;
  // viem's errors are not kept as a cause: their messages hold the URL.
  const failed = within(error, FetchError);
  if (failed)
    return new RpcError(failed.code === "fetch_timeout" ? "rpc_timeout" : "rpc_failed", 503, `RPC ${failed.message}`);
  const text = withoutSecrets(textOf(error), url);
  const answer = within(error, RpcRequestError);
  const code = codeOf(answer, text, method);
  return new RpcError(code, 503, `RPC ${url.host}: ${text}`, { data: dataOf(answer) });
}

/** The RPC's limit of questions is reached: it would answer a little later. */
export function isTooSoon(error: unknown): boolean {
  return within(error, HttpRequestError)?.status === 429 || within(error, RpcRequestError)?.code === LIMIT_EXCEEDED;
}

function codeOf(answer: RpcRequestError | undefined, text: string, method: string | undefined): RpcCode {
  if (answer && method !== undefined && MAY_BE_REFUSED.includes(method)) return "rpc_refused";
  return answer?.code === REVERTED || /execution reverted/i.test(text) ? "rpc_reverted" : "rpc_failed";
}

function dataOf(answer: RpcRequestError | undefined): Hex | undefined {
  const data = answer?.data;
  return typeof data === "string" && data.length <= MAX_DATA && isHex(data) ? data : undefined;
}

function isHex(text: string): text is Hex {
  return /^0x([0-9a-f]{2})*$/i.test(text);
}

/** The error of that class among an error and its causes. */
export function within<E extends Error>(error: unknown, kind: new (...args: never[]) => E): E | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof kind) return at;
  return undefined;
}

function textOf(error: unknown): string {
  if (!(error instanceof BaseError)) return messageOf(error);
  const text = error.details || error.shortMessage;
  return error instanceof HttpRequestError && error.status ? `HTTP ${error.status}: ${text}` : text;
}

function withoutSecrets(text: string, url: URL): string {
  const { pathname, search, username, password } = url;
  // What Basic authentication makes of them.
  const basic = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64");
  const parts = [pathname, search, username, password, basic, ...pathname.split("/"), ...url.searchParams.values()];
  const secrets = parts.flatMap((part) => [part, decoded(part)]).filter((part) => part.length >= MIN_SECRET);
  // The longest first, so that no half of one is left.
  secrets.sort((a, b) => b.length - a.length);
  return clean(
    secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), text),
    LONGEST,
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
