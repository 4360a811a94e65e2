// THE SCHEMA of model_backend.yaml: the Go node's form (one model server), and the list form (models and their servers).
import { z } from "zod";
import type { Secret } from "../core/secret.ts";
import { field, list } from "./field.ts";
import { choice, flag, integer, positiveNumber, secret, text } from "./fields.ts";
import { baseUrl } from "./net-fields.ts";
import { type RunnerConfig, runnerShape } from "./runner-schema.ts";

const AT_LEAST_ONE = "expected at least one entry, found an empty list";

/** The routes that a model server is taken to have unless its entry lists others. */
export const DEFAULT_ROUTES = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings"] as const;
/** What writes text. */
export const TEXT_ROUTES = ["/v1/chat/completions", "/v1/completions"] as const;

/** What is reached by a URL. */
export const SERVERS = ["fxn", "custom", "openai", "vllm", "ollama", "llamacpp", "anthropic", "fedai-runner"] as const;
/** A program that the node starts. */
export const PROCESS = "process";
export const PROVIDERS = [...SERVERS, PROCESS] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Of kinds that do not speak the OpenAI API, whose requests and answers are translated: they can do these and no other. */
export const TRANSLATED_ROUTES: { readonly [name in Provider]?: readonly string[] } = {
  anthropic: ["/v1/chat/completions"],
  "fedai-runner": TEXT_ROUTES,
  [PROCESS]: TEXT_ROUTES,
};

const route = field<string>({
  schema: { title: "path", type: "string", pattern: "^/v1/[A-Za-z0-9._/-]+$", examples: ["/v1/rerank"] },
  expected: `a path such as "/v1/rerank"`,
  read: (input) => (/^\/v1\/[A-Za-z0-9._/-]+$/.test(input) ? input : undefined),
  write: (value) => value,
});

const KIND = "What kind of server it is: decides how it is spoken to, and how its health is probed.";

const url = baseUrl.describe(
  "Base URL of the model server; the path of the request is added. A trailing /v1 is not doubled.",
);

const modelName = text("a model's name", "meta-llama/Llama-3.1-8B-Instruct").optional();

/** What both forms say of a model server in the same words. */
const server = {
  apiKey: secret.optional().describe("Sent to the model server as x-api-key."),
  apiKeyFile: text("the path of a file", "/run/credentials/fxn/api-key")
    .optional()
    .describe("File that holds the apiKey; a relative path starts at the home folder."),
  bearerToken: secret
    .optional()
    .describe("Sent to the model server as Authorization: Bearer; not used when apiKey is set."),
  bearerTokenFile: text("the path of a file", "/run/credentials/fxn/bearer-token")
    .optional()
    .describe("File that holds the bearerToken; a relative path starts at the home folder."),
  maxConcurrent: integer(1)
    .optional()
    .meta({ examples: [64] })
    .describe("Requests sent to it at the same time; more wait in the model's queue. Default: 4096, of a process 1."),
  routes: list(route, "a list of /v1 paths", 1)
    .optional()
    .describe(
      "The /v1 routes that it has. Default: chat, completions and embeddings; anthropic has chat alone, fedai-runner and process have no embeddings.",
    ),
  maxTokens: integer(1)
    .prefault(4096)
    .describe("For anthropic and fedai-runner, which want a limit: that of a request that has none."),
  gpus: list(text("a GPU", "0"), "a list of GPUs")
    .optional()
    .meta({ examples: [["0", "1"]] })
    .describe(
      "Which GPUs it works on, in any words of yours: fxn earnings --by gpu sums by them. Nothing else depends on it.",
    ),
  streamUsage: flag
    .prefault(true)
    .describe(
      "Asks for token counts of streams (stream_options.include_usage); false for servers that refuse the field.",
    ),
};

const backendSchema = z.strictObject({
  provider: choice(PROVIDERS).prefault("custom").describe(`${KIND} process: a program that the node starts.`),
  url: url.optional(),
  model: modelName.describe("The model's name on that server; default: what the caller asked for."),
  weight: positiveNumber.prefault(1).describe("Share of the work, relative to the model's other backends."),
  ...server,
  ...runnerShape,
});

const modelSchema = z.strictObject({
  id: text("a model's name", "llama-3.1-8b").describe("The model's name for callers and in the ledger."),
  aliases: list(text("a model's name", "llama"), "a list of names")
    .prefault([])
    .describe("Further names that callers may use."),
  backends: z.array(backendSchema).min(1, AT_LEAST_ONE).describe("One or more model servers that have the model."),
});

export const modelListSchema = z.strictObject({
  models: z.array(modelSchema).min(1, AT_LEAST_ONE).describe("The models that this node serves."),
});

/** The Go node's form: one model server for every request. */
export const goModelSchema = z.strictObject({
  backendProvider: choice(SERVERS).prefault("custom").describe(KIND),
  url,
  fxnId: text("a model's id", "2").optional().describe("The model's id in /v1/models."),
  modelNameAlias: modelName.describe(
    "The model's name on that server; replaces the model field of every request. Default: what the caller asked for.",
  ),
  ...server,
});

/** A model server as the files say it: its credential may still be in a file of its own. */
export type BackendEntry = z.output<typeof backendSchema>;

interface Backend {
  /** Replaces the request's model field; undefined leaves it. */
  readonly model: string | undefined;
  readonly weight: number;
  readonly maxConcurrent: number;
  readonly routes: readonly string[];
  readonly streamUsage: boolean;
  /** As the operator calls them; undefined: that is not known. */
  readonly gpus?: readonly string[] | undefined;
}

/** One model server as the rest of the program sees it. */
export interface ServerConfig extends Backend {
  readonly provider: (typeof SERVERS)[number];
  readonly url: string;
  readonly apiKey: Secret | undefined;
  readonly bearerToken: Secret | undefined;
  /** Of an answer, where the request does not say and the server wants to know. */
  readonly maxTokens: number;
}

/** A model server that is a program of the node's own. */
export interface ProcessConfig extends Backend {
  readonly provider: typeof PROCESS;
  readonly runner: RunnerConfig;
  readonly apiKey?: undefined;
  readonly bearerToken?: undefined;
}

export type BackendConfig = ServerConfig | ProcessConfig;

export interface ModelConfig {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly backends: readonly BackendConfig[];
}

export interface ModelsConfig {
  readonly models: readonly ModelConfig[];
  /** The Go form: a request for any model goes to the only one, as the Go node does. */
  readonly catchAll: boolean;
}
