// Looks for model servers on this machine's usual ports: for setting up, never while the node runs.
import { z } from "zod";
import type { ServerConfig } from "../config/models-schema.ts";
import type { Fetch } from "../lib/fetch.ts";

export interface FoundServer {
  readonly url: string;
  readonly provider: ServerConfig["provider"];
  readonly models: readonly string[];
}

/** vLLM, ollama, llama.cpp, LM Studio, SGLang, unless told otherwise. */
const USUAL_PORTS = [8000, 11434, 8080, 8081, 1234, 30000] as const;
/** How servers sign their models. One that does not is taken for a plain OpenAI server: that is probed by what it has shown to have. */
const OWNERS: Readonly<Record<string, ServerConfig["provider"]>> = {
  vllm: "vllm",
  llamacpp: "llamacpp",
  library: "ollama",
};

const modelList = z.object({ data: z.array(z.object({ id: z.string().min(1), owned_by: z.string().optional() })) });

const runnerModels = z.object({ models: z.array(z.object({ id: z.string().min(1) })) });

export async function discoverServers(get: Fetch): Promise<FoundServer[]> {
  const found = await Promise.all(USUAL_PORTS.map((port) => askServer(get, `http://127.0.0.1:${port}`)));
  return found.filter((server) => server !== undefined);
}

const LIMITS = { timeoutMs: 2000, maxBytes: 1024 * 1024 };

/** `undefined` when nothing there lists models. */
export async function askServer(
  get: Fetch,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<FoundServer | undefined> {
  try {
    const base = url.replace(/\/+$/, "").replace(/\/v1$/, "");
    const { status, body } = await get(`${base}/v1/models`, { ...LIMITS, headers });
    if (status !== 200) return undefined;
    const { data } = modelList.parse(JSON.parse(new TextDecoder().decode(body)));
    const provider = OWNERS[data[0]?.owned_by ?? ""] ?? "openai";
    return { url: base, provider, models: data.map(({ id }) => id) };
  } catch {
    // Nothing listens there, or something else does.
    return undefined;
  }
}

/** The same of fed_AI's "http" runner. */
export async function askRunner(
  get: Fetch,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<FoundServer | undefined> {
  try {
    const base = url.replace(/\/+$/, "");
    const { status, body } = await get(`${base}/models`, { ...LIMITS, headers });
    if (status !== 200) return undefined;
    const { models } = runnerModels.parse(JSON.parse(new TextDecoder().decode(body)));
    return { url: base, provider: "fedai-runner", models: models.map(({ id }) => id) };
  } catch {
    return undefined;
  }
}
