// Installs and removes models in an Ollama server, over its HTTP API.
import { z } from "zod";
import { clean } from "../../lib/clean.ts";
import type { Fetch } from "../../lib/fetch.ts";
import { InfernetError } from "./errors.ts";

/** Progress comes as lines, for as long as it takes. */
const MAX_BYTES = 64 * 1024 * 1024;
const REMOVE_MS = 60_000;
/** As Ollama names models: host/namespace/model:tag, and never a flag or a way to another folder. */
const MODEL = /^(?!.*\.\.)[a-zA-Z0-9][\w.-]*(\/[a-zA-Z0-9][\w.-]*){0,3}(:[a-zA-Z0-9][\w.-]*)?$/;
const MAX_MODEL = 256;

const line = z.object({ status: z.string().optional(), error: z.string().optional() });

export const isModelName = (name: string) => name.length <= MAX_MODEL && MODEL.test(name);

/** @param base the server's URL. Throws InfernetError with what Ollama said, FetchError when it says nothing. */
export async function installModel(
  send: Fetch,
  base: string,
  model: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string> {
  return ask(
    send,
    `${base.replace(/\/+$/, "")}/api/pull`,
    "POST",
    { ...named(model), stream: true },
    { timeoutMs, signal },
  );
}

export async function removeModel(send: Fetch, base: string, model: string, signal: AbortSignal): Promise<string> {
  await ask(send, `${base.replace(/\/+$/, "")}/api/delete`, "DELETE", named(model), { timeoutMs: REMOVE_MS, signal });
  return `deleted '${model}'`;
}

async function ask(
  send: Fetch,
  url: string,
  method: "POST" | "DELETE",
  body: object,
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<string> {
  const reply = await send(url, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...limits,
    maxBytes: MAX_BYTES,
  });
  const last = lastLine(reply.body);
  if (reply.status !== 200) throw said(last.error ?? `HTTP ${reply.status}`);
  if (last.error !== undefined) throw said(last.error);
  // A removal is answered with nothing; an installation that does not end with success has not ended well.
  if (method === "POST" && last.status !== "success") throw said("the answer broke off");
  return last.status ?? "";
}

/** Older servers look for `name`. */
const named = (model: string) => ({ model, name: model });

function lastLine(body: Uint8Array): z.infer<typeof line> {
  const text = Buffer.from(body).toString("utf8").trim().split("\n").at(-1) ?? "";
  try {
    return line.catch({}).parse(JSON.parse(text));
  } catch {
    return {};
  }
}

function said(what: string): InfernetError {
  return new InfernetError("infernet_command", 502, clean(what, 512));
}
