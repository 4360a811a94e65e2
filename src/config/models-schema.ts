// THE SCHEMA of model_backend.yaml: the Go node's form (one backend), and the list form (models with aliases and backends).
import { z } from "zod";
import type { Secret } from "../core/secret.ts";
import { httpUrl, secret } from "./fields.ts";

/** The routes that a model server is taken to have unless its entry lists others. */
export const DEFAULT_ROUTES = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings"] as const;
export const PROVIDERS = ["fxn", "custom", "openai", "vllm", "ollama", "llamacpp"] as const;

const route = z.string().regex(/^\/v1\/[A-Za-z0-9._/-]+$/, `expected a path such as "/v1/rerank"`);
const credential = {
  apiKey: secret.optional().meta({ help: "Sent to the model server as x-api-key." }),
  bearerToken: secret
    .optional()
    .meta({ help: "Sent to the model server as Authorization: Bearer; apiKey wins when both are set." }),
};

const backendSchema = z.strictObject({
  url: httpUrl.meta({
    help: "Base URL of the model server; the path of the request is added. A trailing /v1 is not doubled.",
  }),
  provider: z
    .enum(PROVIDERS)
    .default("custom")
    .meta({ help: "What kind of server it is; decides how its health is probed." }),
  model: z
    .string()
    .min(1)
    .optional()
    .meta({ help: "The model's name on that server; default: what the caller asked for." }),
  weight: z.number().positive().default(1).meta({ help: "Share of the work, relative to the model's other backends." }),
  maxConcurrent: z
    .int()
    .min(1)
    .default(4096)
    .meta({ help: "Requests sent to it at the same time; more wait in the model's queue." }),
  routes: z
    .array(route)
    .min(1)
    .default([...DEFAULT_ROUTES])
    .meta({ help: "The /v1 routes that it has." }),
  streamUsage: z.boolean().default(true).meta({
    help: "Asks for token counts of streams (stream_options.include_usage); false for servers that refuse the field.",
  }),
  ...credential,
});

const modelSchema = z.strictObject({
  id: z.string().min(1).meta({ help: "The model's name for callers and in the ledger." }),
  aliases: z.array(z.string().min(1)).default([]).meta({ help: "Further names that callers may use." }),
  backends: z.array(backendSchema).min(1).meta({ help: "One or more model servers that have the model." }),
});

export const modelListSchema = z.strictObject({ models: z.array(modelSchema).min(1) });

/** The Go node's form: one model server for every request. */
export const goModelSchema = z.strictObject({
  backendProvider: z.enum(PROVIDERS).default("custom"),
  url: httpUrl,
  fxnId: z.string().default("").meta({ help: "The model's id in /v1/models." }),
  modelNameAlias: z.string().default("").meta({ help: "Replaces the model field of every request." }),
  apiKey: z.string().default(""),
  bearerToken: z.string().default(""),
});

/** One model server as the rest of the program sees it. */
export interface BackendConfig {
  readonly url: string;
  readonly provider: (typeof PROVIDERS)[number];
  /** Replaces the request's model field; undefined leaves it. */
  readonly model: string | undefined;
  readonly weight: number;
  readonly maxConcurrent: number;
  readonly routes: readonly string[];
  readonly streamUsage: boolean;
  readonly apiKey: Secret | undefined;
  readonly bearerToken: Secret | undefined;
}

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
