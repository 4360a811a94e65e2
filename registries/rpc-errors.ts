// What can go wrong with an RPC, told without the parts of its URL that may be an API key.
import { BaseError, HttpRequestError } from "viem";
import { FxnError, messageOf } from "../src/core/errors.ts";
import { FetchError } from "../src/lib/fetch.ts";

export type RpcCode = "rpc_failed" | "rpc_timeout" | "rpc_wrong_chain" | "rpc_reverted";

export class RpcError extends FxnError<RpcCode> {}

const MAX_TEXT = 300;
/** Shorter parts of a URL ("v2") are no secrets, and blanking them would shred the text. */
const MIN_SECRET = 5;

/** An error of one RPC as an RpcError; the text of a remote server may quote the URL, so it is cleaned of it. */
export function rpcError(error: unknown, url: URL): RpcError {
  const known = within(error, RpcError);
  if (known) return known;
  // viem's errors are not kept as a cause: their messages hold the URL.
  const failed = within(error, FetchError);
  if (failed)
    return new RpcError(failed.code === "fetch_timeout" ? "rpc_timeout" : "rpc_failed", 503, `RPC ${failed.message}`);
  const text = withoutSecrets(textOf(error), url);
  const reverted = /execution reverted/i.test(text);
  return new RpcError(reverted ? "rpc_reverted" : "rpc_failed", 503, `RPC ${url.host}: ${text}`);
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
  return (
    secrets
      .reduce((rest, secret) => rest.replaceAll(secret, "***"), text)
      .replace(/\s+/g, " ")
      // What a terminal would obey: escapes, and marks that reverse the reading order.
      .replace(/[\p{Cc}\p{Cf}]/gu, "")
      .slice(0, MAX_TEXT)
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
