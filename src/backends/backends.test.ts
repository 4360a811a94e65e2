import { expect, test } from "bun:test";
import { backendConformance } from "../../test/conformance/backends.ts";
import { PROVIDERS } from "../config/models-schema.ts";
import { BACKENDS } from "./index.ts";

for (const strategy of BACKENDS) {
  for (const provider of strategy.providers) backendConformance(strategy, provider);
}

test("every provider of the schema has exactly one strategy", () => {
  const served: string[] = BACKENDS.flatMap(({ providers }) => [...providers]);
  expect(served.sort()).toEqual([...PROVIDERS].sort());
});

test("a custom server that wants a key, or has no list of models, is alive; vLLM and Ollama must say 200", () => {
  const alive = (kind: string, status: number) => BACKENDS.find((each) => each.kind === kind)?.healthy(status);
  expect([alive("openai", 401), alive("openai", 404), alive("openai", 502)]).toEqual([true, true, false]);
  expect([alive("vllm", 404), alive("ollama", 404), alive("llamacpp", 503)]).toEqual([false, false, false]);
});
