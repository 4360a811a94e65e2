// Installs, removes and lists models in an Ollama server, over its HTTP API.
import { FxnError } from "../core/errors.ts";
import { clean } from "./clean.ts";
import type { Fetch } from "./fetch.ts";

/** What it refuses, in its own words. */
export class OllamaError extends FxnError<"ollama_refused"> {}

export interface OllamaPorts {
  readonly fetch: Fetch;
  /** The server's URL. */
  readonly base: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Progress comes as lines, for as long as it takes. */
const MAX_BYTES = 64 * 1024 * 1024;
const SHORT_MS = 60_000;
/** As Ollama names models: host/namespace/model:tag, and never a flag or a way to another folder. */
const MODEL = /^(?!.*\.\.)[a-zA-Z0-9][\w.-]*(\/[a-zA-Z0-9][\w.-]*){0,3}(:[a-zA-Z0-9][\w.-]*)?$/;
const MAX_MODEL = 256;

export const isModelName = (name: string) => name.length <= MAX_MODEL && MODEL.test(name);

/** @param onPart sees the lines of progress as they come. Throws OllamaError, FetchError when it says nothing. */
export async function installModel(
  ports: OllamaPorts,
  model: string,
  timeoutMs: number,
  signal: AbortSignal,
  onPart?: (part: Uint8Array) => void,
): Promise<string> {
  const body = { ...named(model), stream: true };
  const reply = await ask(ports, "/api/pull", { method: "POST", body, timeoutMs, signal, onPart });
  const { status } = endOf(reply);
  // An installation that does not end with success has not ended well.
  if (status !== "success") throw said("the answer broke off");
  return status;
}

/** Throws OllamaError, FetchError when it says nothing. */
export async function removeModel(ports: OllamaPorts, model: string, signal: AbortSignal): Promise<string> {
  const reply = await ask(ports, "/api/delete", { method: "DELETE", body: named(model), timeoutMs: SHORT_MS, signal });
  endOf(reply);
  return `deleted '${model}'`;
}

/** Its answer to /api/tags, as it came. Throws OllamaError, FetchError. */
export async function listModels(ports: OllamaPorts, signal: AbortSignal): Promise<unknown> {
  return jsonOf(await ask(ports, "/api/tags", { method: "GET", timeoutMs: SHORT_MS, signal }));
}

/** Its answer to /api/show, as it came. Throws OllamaError, FetchError. */
export async function showModel(ports: OllamaPorts, model: string, signal: AbortSignal): Promise<unknown> {
  return jsonOf(await ask(ports, "/api/show", { method: "POST", body: named(model), timeoutMs: SHORT_MS, signal }));
}

interface Question {
  readonly method: "GET" | "POST" | "DELETE";
  readonly body?: object;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onPart?: ((part: Uint8Array) => void) | undefined;
}

interface Reply {
  readonly status: number;
  readonly text: string;
}

async function ask({ fetch, base, headers }: OllamaPorts, path: string, question: Question): Promise<Reply> {
  const { method, body, timeoutMs, signal, onPart } = question;
  const reply = await fetch(`${base.replace(/\/+$/, "")}${path}`, {
    method,
    headers: { ...headers, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
    timeoutMs,
    signal,
    maxBytes: MAX_BYTES,
    ...(onPart && { onPart }),
  });
  return { status: reply.status, text: Buffer.from(reply.body).toString("utf8") };
}

/** A removal is answered with nothing. */
function endOf({ status, text }: Reply): { readonly status: string | undefined } {
  const last = progressOf(text.trim().split("\n").at(-1) ?? "");
  if (status !== 200) throw said(last.error ?? `HTTP ${status}`);
  if (last.error !== undefined) throw said(last.error);
  return last;
}

function jsonOf({ status, text }: Reply): unknown {
  if (status !== 200) throw said(progressOf(text).error ?? `HTTP ${status}`);
  try {
    return JSON.parse(text);
  } catch {
    throw said("its answer is no JSON");
  }
}

/** One line of what it tells while it works. */
export function progressOf(line: string): { readonly status: string | undefined; readonly error: string | undefined } {
  const textIn = (value: unknown) => (typeof value === "string" ? value : undefined);
  try {
    const read: unknown = JSON.parse(line);
    if (typeof read !== "object" || read === null) return { status: undefined, error: undefined };
    return {
      status: "status" in read ? textIn(read.status) : undefined,
      error: "error" in read ? textIn(read.error) : undefined,
    };
  } catch {
    return { status: undefined, error: undefined };
  }
}

/** Older servers look for `name`. */
const named = (model: string) => ({ model, name: model });

function said(what: string): OllamaError {
  return new OllamaError("ollama_refused", 502, clean(what, 512));
}
