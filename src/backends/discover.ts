// Looks for model servers on this machine's usual ports: for setting up, never while the node runs.
import { z } from "zod";
import type { BackendConfig } from "../config/models-schema.ts";
import type { Fetch } from "../lib/fetch.ts";

export interface FoundServer {
  readonly url: string;
  readonly provider: BackendConfig["provider"];
  readonly models: readonly string[];
}

/** Where each kind of server listens unless told otherwise; 1234 is LM Studio's, 30000 SGLang's. */
const USUAL: readonly { port: number; provider: BackendConfig["provider"] }[] = [
  { port: 8000, provider: "vllm" },
  { port: 11434, provider: "ollama" },
  { port: 8080, provider: "llamacpp" },
  { port: 8081, provider: "llamacpp" },
  { port: 1234, provider: "openai" },
  { port: 30000, provider: "openai" },
];
const OWNERS: Readonly<Record<string, BackendConfig["provider"]>> = {
  vllm: "vllm",
  llamacpp: "llamacpp",
  library: "ollama",
};

const modelList = z.object({ data: z.array(z.object({ id: z.string().min(1), owned_by: z.string().optional() })) });

export async function discoverServers(get: Fetch): Promise<FoundServer[]> {
  const found = await Promise.all(
    USUAL.map(({ port, provider }) => askServer(get, `http://127.0.0.1:${port}`, provider)),
  );
  return found.filter((server) => server !== undefined);
}

/** `undefined` when nothing there lists models. `owned_by` tells the kind better than the port does. */
export async function askServer(
  get: Fetch,
  url: string,
  guess: BackendConfig["provider"] = "openai",
): Promise<FoundServer | undefined> {
  try {
    const base = url.replace(/\/+$/, "").replace(/\/v1$/, "");
    const { status, body } = await get(`${base}/v1/models`, { timeoutMs: 2000, maxBytes: 1024 * 1024 });
    if (status !== 200) return undefined;
    const { data } = modelList.parse(JSON.parse(new TextDecoder().decode(body)));
    const provider = OWNERS[data[0]?.owned_by ?? ""] ?? guess;
    return { url: base, provider, models: data.map(({ id }) => id) };
  } catch {
    // Nothing listens there, or something else does.
    return undefined;
  }
}
