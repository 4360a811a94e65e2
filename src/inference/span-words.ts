// How a call to a model server is named in a trace, by OpenTelemetry's conventions for generative AI.
import type { Upstream } from "./upstream.ts";

const OPERATIONS: Readonly<Record<string, string>> = {
  "/v1/chat/completions": "chat",
  "/v1/completions": "text_completion",
  "/v1/embeddings": "embeddings",
};

/** "chat tiny" */
export function spanName(path: string, model: string): string {
  return `${operation(path)} ${model}`.trim();
}

/** @param named what the server calls the model, where it has a name of its own for it */
export function aboutCall(path: string, model: string, named: string | undefined, { name, backend }: Upstream) {
  return {
    "gen_ai.operation.name": operation(path),
    "gen_ai.provider.name": backend.kind,
    "gen_ai.request.model": named ?? model,
    ...serverOf(name),
  };
}

function operation(path: string): string {
  return OPERATIONS[path] ?? path.slice(path.lastIndexOf("/") + 1);
}

function serverOf(label: string): Readonly<Record<string, string | number>> {
  const url = URL.canParse(label) ? new URL(label) : undefined;
  if (!url?.hostname) return {};
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  return { "server.address": url.hostname, "server.port": port };
}
