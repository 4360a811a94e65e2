// A model server behind a URL: joins paths and adds its credential.
import { z } from "zod";
import type { BackendConfig } from "../config/models-schema.ts";
import { type BackendCall, BackendError, type BackendReply, type ModelBackend } from "../core/backend.ts";
import type { HttpClient } from "../lib/http-client.ts";
import type { BackendStrategy } from "./strategy.ts";

export interface BackendPorts {
  readonly http: HttpClient;
  /** Milliseconds from the connection to the headers of an answer. */
  readonly firstByteTimeout: number;
  /** Milliseconds of silence in the middle of an answer. */
  readonly idleTimeout: number;
}

/** What a list of models, the largest answer that is read whole, may have. */
const MAX_LIST_BYTES = 4 * 1024 * 1024;

const modelList = z.object({ data: z.array(z.object({ id: z.string() })).nullish() });

export function httpBackend(strategy: BackendStrategy, config: BackendConfig, ports: BackendPorts): ModelBackend {
  const base = baseOf(config.url);
  const label = new URL(base).origin;
  const credential = credentialOf(config);

  const send = (call: BackendCall, signal: AbortSignal): Promise<BackendReply> =>
    ports.http.request({
      method: call.method,
      url: base + call.path,
      headers: { ...call.headers, ...credential },
      body: call.body,
      signal,
      firstByteTimeoutMs: ports.firstByteTimeout,
      idleTimeoutMs: ports.idleTimeout,
    });

  const get = (path: string, signal: AbortSignal) =>
    send({ method: "GET", path, headers: { accept: "application/json" }, body: undefined }, signal);

  return {
    kind: strategy.kind,
    label,
    send,
    async models(signal) {
      const { status, body } = await get("/v1/models", signal);
      const text = await readAll(body, label);
      if (status !== 200) throw new BackendError("bad_response", 502, `${label}: /v1/models answered ${status}`);
      return parseModels(text, label);
    },
    async probe(signal) {
      const { status, body } = await get(strategy.probePath, signal);
      await readAll(body, label);
      if (!strategy.healthy(status)) {
        throw new BackendError("unhealthy", 502, `${label}: the health probe was answered ${status}`);
      }
    },
  };
}

/** With or without a trailing slash, and a trailing /v1 is not doubled: every path begins with it or needs the root. */
function baseOf(url: string): string {
  return url.replace(/\/+$/, "").replace(/\/v1$/, "");
}

function credentialOf({ apiKey, bearerToken }: BackendConfig): Record<string, string> {
  if (apiKey) return { "x-api-key": apiKey.reveal() };
  return bearerToken ? { authorization: `Bearer ${bearerToken.reveal()}` } : {};
}

async function readAll(body: AsyncIterable<Uint8Array>, label: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_LIST_BYTES) throw new BackendError("bad_response", 502, `${label}: the answer is too large`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseModels(text: string, label: string): string[] {
  try {
    return (modelList.parse(JSON.parse(text)).data ?? []).map(({ id }) => id);
  } catch (cause) {
    throw new BackendError("bad_response", 502, `${label}: /v1/models is not a list of models`, { cause });
  }
}
