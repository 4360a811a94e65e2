import { expect, test } from "bun:test";
import { backendConformance } from "../../test/conformance/backends.ts";
import { openAiServerConformance } from "../../test/conformance/openai-servers.ts";
import {
  anthropicDialect,
  fedaiDialect,
  llamacppDialect,
  ollamaDialect,
  openaiDialect,
  vllmDialect,
} from "../../test/fakes/backend-dialects.ts";
import { type Dialect, openHttpRig } from "../../test/fakes/http-backend-rig.ts";
import { openProcessRig } from "../../test/fakes/process-backend-rig.ts";
import { PROCESS, PROVIDERS } from "../config/models-schema.ts";
import { anthropic } from "./anthropic/anthropic.ts";
import { fedaiRunner } from "./fedai-runner.ts";
import { BACKENDS, OPENAI_SERVERS } from "./index.ts";

const DIALECTS: Readonly<Record<string, Dialect>> = {
  openai: openaiDialect,
  vllm: vllmDialect,
  ollama: ollamaDialect,
  llamacpp: llamacppDialect,
};

for (const strategy of OPENAI_SERVERS) {
  for (const provider of strategy.providers) {
    backendConformance(`${strategy.kind} as ${provider}`, { kind: strategy.kind, streams: true }, () =>
      openHttpRig(strategy, provider, DIALECTS[strategy.kind] ?? expect.unreachable()),
    );
    openAiServerConformance(strategy, provider);
  }
}

backendConformance("anthropic", { kind: "anthropic", streams: true }, () =>
  openHttpRig(anthropic, "anthropic", anthropicDialect),
);

backendConformance("fedai-runner", { kind: "fedai-runner", streams: false }, () =>
  openHttpRig(fedaiRunner, "fedai-runner", fedaiDialect),
);

// One that cannot work ends by itself, and says why to the log.
backendConformance("process", { kind: "process", streams: true, fails: { sick: "connect_failed" } }, () =>
  openProcessRig(),
);

test("every provider of the schema has exactly one strategy", () => {
  const served: string[] = [...BACKENDS.flatMap(({ providers }) => [...providers]), PROCESS];
  expect(served.sort()).toEqual([...PROVIDERS].sort());
});

test("a custom server that wants a key, or has no list of models, is alive; vLLM and Ollama must say 200", () => {
  const alive = (kind: string, status: number) => OPENAI_SERVERS.find((each) => each.kind === kind)?.healthy(status);
  expect([alive("openai", 401), alive("openai", 404), alive("openai", 502)]).toEqual([true, true, false]);
  expect([alive("vllm", 404), alive("ollama", 404), alive("llamacpp", 503)]).toEqual([false, false, false]);
});
