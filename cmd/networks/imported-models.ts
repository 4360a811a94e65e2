// The models of a home that has none yet: those of the model server that a network's own node has used.
import { askRunner, askServer } from "../../src/backends/discover.ts";
import { SERVERS } from "../../src/config/models-schema.ts";
import type { ModelAnswer } from "../../src/config/write.ts";
import type { ImportedServer } from "../../src/core/network-import.ts";
import type { Fetch } from "../../src/lib/fetch.ts";

const RUNNER = "fedai-runner";

/** Empty when it does not say, and nobody else, which models it has. */
export async function importedModels(server: ImportedServer, fetch: Fetch): Promise<readonly ModelAnswer[]> {
  const { url, apiKey, keyHeader, models, fallbackModel } = server;
  const inBearer = apiKey && keyHeader !== "x-api-key";
  const headers = {
    ...(inBearer && { authorization: `Bearer ${apiKey.reveal()}` }),
    ...(apiKey && keyHeader !== "authorization" && { "x-api-key": apiKey.reveal() }),
  };
  const found = models ? undefined : await asked(server, fetch, headers);
  // What speaks OpenAI's API is no runner of fed_AI, whatever it was called.
  const kind = server.provider === RUNNER ? (found?.provider ?? RUNNER) : (server.provider ?? found?.provider);
  const provider = SERVERS.find((one) => one === kind) ?? "custom";
  const ids = models ?? found?.models ?? (fallbackModel === undefined ? [] : [fallbackModel]);
  const key = apiKey && (inBearer ? { bearerToken: apiKey } : { apiKey });
  return ids.map((id) => ({ id, provider, url, ...key }));
}

async function asked({ provider, url }: ImportedServer, fetch: Fetch, headers: Record<string, string>) {
  const asRunner = provider === RUNNER ? await askRunner(fetch, url, headers) : undefined;
  return asRunner ?? (await askServer(fetch, url, headers));
}
