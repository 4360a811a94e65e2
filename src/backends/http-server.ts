// A model server behind a URL: joins paths, adds its credential, and reads what is small enough to be read whole.
import { z } from "zod";
import { labelOf } from "../config/backend-label.ts";
import type { ServerConfig } from "../config/models-schema.ts";
import { type BackendCall, BackendError, type BackendReply } from "../core/backend.ts";
import type { BackendPorts } from "./strategy.ts";

export interface HttpServer {
  /** Scheme, host and port. */
  readonly label: string;
  /** Throws BackendError when no answer came. */
  send(call: BackendCall, signal: AbortSignal): Promise<BackendReply>;
  /** Its status and its whole body. */
  get(path: string, signal: AbortSignal): Promise<{ readonly status: number; readonly text: string }>;
}

/** What a list of models may have. */
const MAX_LIST_BYTES = 4 * 1024 * 1024;

const modelList = z.object({ data: z.array(z.object({ id: z.string() })).nullish() });

/** @param base its URL without a slash at the end @param own headers that it wants with every request */
export function httpServer(
  config: ServerConfig,
  ports: BackendPorts,
  base: string,
  own: Readonly<Record<string, string>> = {},
): HttpServer {
  const label = labelOf(config);
  const credential = credentialOf(config);
  const send = (call: BackendCall, signal: AbortSignal): Promise<BackendReply> => {
    const { firstByteTimeout: firstByteTimeoutMs, idleTimeout: idleTimeoutMs } = ports.timeouts();
    return ports.http.request({
      method: call.method,
      url: base + call.path,
      headers: { ...call.headers, ...own, ...credential },
      body: call.body,
      ...{ signal, firstByteTimeoutMs, idleTimeoutMs },
    });
  };
  return {
    label,
    send,
    async get(path, signal) {
      const headers = { accept: "application/json" };
      const { status, body } = await send({ method: "GET", path, headers, body: undefined }, signal);
      return { status, text: await readAll(body, MAX_LIST_BYTES, label) };
    },
  };
}

/** Without a slash at the end. */
export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

/** A trailing /v1 is not doubled: every path begins with it or needs the root. */
export function withoutV1(url: string): string {
  return withoutSlash(url).replace(/\/v1$/, "");
}

function credentialOf({ apiKey, bearerToken }: ServerConfig): Record<string, string> {
  if (apiKey) return { "x-api-key": apiKey.reveal() };
  return bearerToken ? { authorization: `Bearer ${bearerToken.reveal()}` } : {};
}

export async function readAll(body: AsyncIterable<Uint8Array>, maxBytes: number, label: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw badResponse(label, "the answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The model ids that GET /v1/models lists, in the form that OpenAI and Anthropic share. */
export async function listedModels({ label, get }: HttpServer, path: string, signal: AbortSignal): Promise<string[]> {
  const { status, text } = await get(path, signal);
  if (status !== 200) throw badResponse(label, `/v1/models answered ${status}`);
  return (parsed(modelList, text, label, "/v1/models is not a list of models").data ?? []).map(({ id }) => id);
}

/** JSON of that shape. Throws BackendError, saying `what`, which is not the text: that may be an answer to a prompt. */
export function parsed<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  label: string,
  what: string,
): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw badResponse(label, what);
  }
}

export function badResponse(label: string, what: string): BackendError {
  return new BackendError("bad_response", 502, `${label}: ${what}`);
}

export function unhealthy(label: string, why: string): BackendError {
  return new BackendError("unhealthy", 502, `${label}: ${why}`);
}
