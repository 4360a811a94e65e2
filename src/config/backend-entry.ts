// One model server of model_backend.yaml, looked at by its kind: what it wants, what is not for it, what its defaults are.
import { readCredentials } from "./credentials.ts";
import {
  type BackendConfig,
  type BackendEntry,
  DEFAULT_ROUTES,
  PROCESS,
  type Provider,
  TRANSLATED_ROUTES,
} from "./models-schema.ts";
import { baseUrl } from "./net-fields.ts";
import type { Places } from "./parse.ts";
import { type Path, type Problem, pathText } from "./problems.ts";
import { RUNNER_DEFAULTS, sandboxSchema } from "./runner-schema.ts";
import type { ReadFile } from "./text-file.ts";

/** With what depends on its kind filled in. */
export type FilledEntry = BackendEntry & Required<Pick<BackendEntry, "routes" | "maxConcurrent">>;

interface Read {
  /** undefined when there are problems. */
  readonly backend: BackendConfig | undefined;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

const OF_SERVERS = ["url", "apiKey", "apiKeyFile", "bearerToken", "bearerTokenFile"] as const;
const OF_RUNNERS = ["command", "folder", "environment", "startTimeout", "sandbox"] as const;

export function withKindDefaults<Entry extends Pick<BackendEntry, "routes" | "maxConcurrent">>(
  entry: Entry,
  provider: Provider,
) {
  return {
    ...entry,
    routes: entry.routes ?? [...(TRANSLATED_ROUTES[provider] ?? DEFAULT_ROUTES)],
    // Most runners have one model in memory, and do one thing after the other.
    maxConcurrent: entry.maxConcurrent ?? (provider === PROCESS ? 1 : 4096),
  };
}

export async function readBackend(entry: FilledEntry, path: Path, places: Places, readFile: ReadFile): Promise<Read> {
  const { provider } = entry;
  const problems: Problem[] = [];
  const report = (key: string, message: string) => {
    const at = [...path, key];
    problems.push({ ...places.valueAt(at), path: pathText(at), message });
  };
  for (const key of provider === PROCESS ? OF_SERVERS : OF_RUNNERS) {
    if (entry[key] !== undefined) report(key, `not for provider ${provider}: leave it out`);
  }
  const able = TRANSLATED_ROUTES[provider];
  const unable = entry.routes.filter((route) => able && !able.includes(route));
  if (able && unable.length > 0) {
    report("routes", `${provider} cannot do ${unable.join(", ")}: it has ${able.join(", ")}`);
  }
  const { model, weight, maxConcurrent, routes, streamUsage, gpus, maxTokens } = entry;
  const common = { model, weight, maxConcurrent, routes, streamUsage, ...(gpus && { gpus }) };
  if (provider === PROCESS) {
    const { command, folder, environment = [], startTimeout, sandbox = sandboxSchema.parse({}) } = entry;
    if (!command) {
      report("command", "missing, expected a list: the program and its arguments");
      return { backend: undefined, problems, warnings: [] };
    }
    const runner = {
      command,
      folder: folder ?? RUNNER_DEFAULTS.folder,
      environment,
      startTimeout: startTimeout ?? RUNNER_DEFAULTS.startTimeout,
      sandbox,
    };
    return { backend: { ...common, provider, runner }, problems, warnings: [] };
  }
  const { url } = entry;
  const credentials = await readCredentials(entry, path, places, readFile);
  problems.push(...credentials.problems);
  if (url === undefined) report("url", baseUrl.safeParse(url).error?.issues[0]?.message ?? "missing");
  if (url === undefined) return { backend: undefined, problems, warnings: credentials.warnings };
  const { apiKey, bearerToken, warnings } = credentials;
  return { backend: { ...common, provider, url, maxTokens, apiKey, bearerToken }, problems, warnings };
}
