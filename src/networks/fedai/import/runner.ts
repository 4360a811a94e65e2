// The reference's runner as a model server of fxn: its kind, its URL, its key.

import type { NetworkImport } from "../../../core/network-import.ts";
import { Secret } from "../../../core/secret.ts";
import type { Variable } from "./env-file.ts";
import { asOneOf, asUrl, garbage } from "./values.ts";

interface Runner {
  /** The first that is set counts. */
  readonly urls: readonly string[];
  readonly keys: readonly string[];
  readonly fallback: string;
  /** What else to say of it. */
  readonly note?: string;
}

const LOCAL = "http://localhost:8085";
const RUNNERS: Readonly<Record<string, Runner>> = {
  http: {
    urls: ["NODE_RUNNER_URL"],
    keys: ["NODE_RUNNER_API_KEY"],
    fallback: LOCAL,
    note: "its own HTTP protocol is not OpenAI's: put a model server with /v1 routes behind this URL",
  },
  llama_cpp: {
    urls: ["NODE_LLAMA_CPP_URL", "NODE_RUNNER_URL"],
    keys: ["NODE_LLAMA_CPP_API_KEY", "NODE_RUNNER_API_KEY"],
    fallback: LOCAL,
    note: "set provider: llamacpp in model_backend.yaml",
  },
  vllm: {
    urls: ["NODE_VLLM_URL", "NODE_RUNNER_URL"],
    keys: ["NODE_VLLM_API_KEY", "NODE_RUNNER_API_KEY"],
    fallback: LOCAL,
    note: "set provider: vllm in model_backend.yaml",
  },
  openai: {
    urls: ["NODE_OPENAI_URL", "NODE_RUNNER_URL"],
    keys: ["NODE_OPENAI_API_KEY", "NODE_RUNNER_API_KEY"],
    fallback: "https://api.openai.com",
    note: "set provider: openai and bearerToken in model_backend.yaml",
  },
  anthropic: {
    urls: ["NODE_ANTHROPIC_URL", "NODE_RUNNER_URL"],
    keys: ["NODE_ANTHROPIC_API_KEY", "NODE_RUNNER_API_KEY"],
    fallback: "https://api.anthropic.com",
    note: "set provider: anthropic in model_backend.yaml",
  },
};
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
  const named = variables.get("NODE_RUNNER");
  const name = named?.value ?? "http";
  if (INVENTED.includes(name)) {
    return {
      modelServer: undefined,
      notes: [`NODE_RUNNER: ${name} makes its answers up, and fxn does not: set a model server in model_backend.yaml`],
    };
  }
  if (named) asOneOf(Object.keys(RUNNERS))(named);
  const runner = RUNNERS[name];
  if (!runner) throw garbage(named ?? { name: "NODE_RUNNER", value: name, place: "" }, "a runner");
  const first = (names: readonly string[]) => names.map((one) => variables.get(one)).find((one) => one !== undefined);
  const address = first(runner.urls);
  const url = address === undefined ? runner.fallback : String(asUrl(address));
  const key = first(runner.keys);
  const notes = [
    `NODE_RUNNER: ${name} is kept as a model server${runner.note ? `; ${runner.note}` : ""}`,
    ...["NODE_MODEL_ID", "NODE_OPENAI_MODEL", "NODE_ANTHROPIC_MODEL"]
      .filter((one) => variables.has(one))
      .map(
        (one) =>
          `${one}: name the model in model_backend.yaml; its context window is networks.fedai.models[].contextWindow`,
      ),
    ...(variables.has("NODE_OPENAI_API_KEY_HEADER")
      ? ["NODE_OPENAI_API_KEY_HEADER: the model server's entry says which header its key goes into"]
      : []),
  ];
  return { modelServer: { url, apiKey: key && new Secret(key.value) }, notes };
}
