// The reference's runner as a model server of fxn: its kind, its URL, its key.

import type { ImportedServer, NetworkImport } from "../../../core/network-import.ts";
import { Secret } from "../../../core/secret.ts";
import type { Variable } from "./env-file.ts";
import { asOneOf, asUrl, garbage } from "./values.ts";

interface Runner {
  /** The provider of model_backend.yaml. */
  readonly provider: string;
  /** The first that is set counts. */
  readonly urls: readonly string[];
  readonly keys: readonly string[];
  readonly keyHeader?: ImportedServer["keyHeader"];
  readonly fallback: string;
  /** Serves many models, of which the reference takes one. */
  readonly model?: { readonly names: readonly string[]; readonly fallback: string };
}

const LOCAL = "http://localhost:8085";
const RUNNERS: Readonly<Record<string, Runner>> = {
  http: { provider: "fedai-runner", urls: ["NODE_RUNNER_URL"], keys: ["NODE_RUNNER_API_KEY"], fallback: LOCAL },
  llama_cpp: {
    provider: "llamacpp",
    urls: ["NODE_LLAMA_CPP_URL", "NODE_RUNNER_URL"],
    keys: ["NODE_LLAMA_CPP_API_KEY", "NODE_RUNNER_API_KEY"],
    fallback: LOCAL,
  },
  vllm: {
    provider: "vllm",
    urls: ["NODE_VLLM_URL", "NODE_RUNNER_URL"],
    keys: ["NODE_VLLM_API_KEY", "NODE_RUNNER_API_KEY"],
    fallback: LOCAL,
  },
  openai: {
    provider: "openai",
    urls: ["NODE_OPENAI_URL", "NODE_RUNNER_URL"],
    keys: ["NODE_OPENAI_API_KEY", "NODE_RUNNER_API_KEY"],
    fallback: "https://api.openai.com",
    model: { names: ["NODE_OPENAI_MODEL", "NODE_MODEL_ID"], fallback: "gpt-4o-mini" },
  },
  anthropic: {
    provider: "anthropic",
    urls: ["NODE_ANTHROPIC_URL", "NODE_RUNNER_URL"],
    keys: ["NODE_ANTHROPIC_API_KEY", "NODE_RUNNER_API_KEY"],
    keyHeader: "x-api-key",
    fallback: "https://api.anthropic.com",
    model: { names: ["NODE_ANTHROPIC_MODEL", "NODE_MODEL_ID"], fallback: "claude-3-haiku-20240307" },
  },
};
const KEY_HEADERS = ["authorization", "x-api-key", "both"] as const;
/** They make answers up. */
const INVENTED = ["cpu", "mock"];

export const RUNNER_VARIABLES: readonly string[] = [
  "NODE_RUNNER",
  "NODE_MODEL_ID",
  "NODE_OPENAI_MODEL",
  "NODE_ANTHROPIC_MODEL",
  "NODE_OPENAI_API_KEY_HEADER",
  ...Object.values(RUNNERS).flatMap(({ urls, keys }) => [...urls, ...keys]),
];

export interface RunnerImport {
  readonly modelServer: NetworkImport["modelServer"];
  readonly notes: readonly string[];
}

export function importRunner(variables: ReadonlyMap<string, Variable>): RunnerImport {
  const chosen = variables.get("NODE_RUNNER");
  const name = chosen?.value ?? "http";
  if (INVENTED.includes(name)) {
    return {
      modelServer: undefined,
      notes: [`NODE_RUNNER: ${name} makes its answers up, and fxn does not: set a model server in model_backend.yaml`],
    };
  }
  if (chosen) asOneOf(Object.keys(RUNNERS))(chosen);
  const runner = RUNNERS[name];
  if (!runner) throw garbage(chosen ?? { name: "NODE_RUNNER", value: name, place: "" }, "a runner");
  const first = (names: readonly string[]) => names.map((one) => variables.get(one)).find((one) => one !== undefined);
  const address = first(runner.urls);
  const url = address === undefined ? runner.fallback : String(asUrl(address));
  const key = first(runner.keys);
  const named = first(runner.model?.names ?? ["NODE_MODEL_ID"])?.value;
  const modelServer = {
    url,
    apiKey: key && new Secret(key.value),
    keyHeader: keyHeaderOf(runner, variables.get("NODE_OPENAI_API_KEY_HEADER")),
    provider: runner.provider,
    models: runner.model && [named ?? runner.model.fallback],
    fallbackModel: named,
  };
  const notes = [
    `NODE_RUNNER: ${name} is a model server of provider ${runner.provider} in model_backend.yaml; context windows are networks.fedai.models[].contextWindow`,
  ];
  return { modelServer, notes };
}

function keyHeaderOf({ provider, keyHeader }: Runner, variable: Variable | undefined): ImportedServer["keyHeader"] {
  if (provider !== "openai" || !variable) return keyHeader ?? "authorization";
  const header = KEY_HEADERS.find((one) => one === variable.value);
  if (header === undefined) throw garbage(variable, `one of ${KEY_HEADERS.join(", ")}`);
  return header === "both" ? undefined : header;
}
