// An imported model server's models: told by it, named for it, or by the reference's own default; its key where it belongs.
import { expect, test } from "bun:test";
import type { ImportedServer } from "../../src/core/network-import.ts";
import { Secret } from "../../src/core/secret.ts";
import type { Fetch } from "../../src/lib/fetch.ts";
import { importedModels } from "./imported-models.ts";

const URL = "http://127.0.0.1:8085";
const OPENAI_LIST = { data: [{ id: "llama", owned_by: "vllm" }, { id: "bge" }] };

function server(answers: Readonly<Record<string, unknown>>) {
  const asked: { url: string; headers: unknown }[] = [];
  const fetch: Fetch = async (url, { headers }) => {
    asked.push({ url, headers });
    const answer = answers[url.slice(URL.length)];
    if (answer === undefined) throw new Error("refused");
    return { status: 200, headers: new Headers(), body: new TextEncoder().encode(JSON.stringify(answer)) };
  };
  return { fetch, asked };
}

const of = (other: Partial<ImportedServer>): ImportedServer => ({ url: URL, apiKey: undefined, ...other });

test.each<[string, Partial<ImportedServer>, Record<string, unknown>, [id: string, provider: string][]]>([
  [
    "a vLLM",
    { provider: "vllm" },
    { "/v1/models": OPENAI_LIST },
    [
      ["llama", "vllm"],
      ["bge", "vllm"],
    ],
  ],
  [
    "one whose kind nobody knows",
    {},
    { "/v1/models": OPENAI_LIST },
    [
      ["llama", "vllm"],
      ["bge", "vllm"],
    ],
  ],
  ["fed_AI's runner", { provider: "fedai-runner" }, { "/models": { models: [{ id: "m" }] } }, [["m", "fedai-runner"]]],
  [
    "a runner that is an OpenAI server",
    { provider: "fedai-runner" },
    { "/models": OPENAI_LIST, "/v1/models": { data: [{ id: "m" }] } },
    [["m", "openai"]],
  ],
  ["one that is down", { provider: "llamacpp", fallbackModel: "mine" }, {}, [["mine", "llamacpp"]]],
  ["one that is down, of no name", { provider: "llamacpp" }, {}, []],
  [
    "one that has many, of which one is taken",
    { provider: "openai", models: ["gpt-4o-mini"] },
    {},
    [["gpt-4o-mini", "openai"]],
  ],
])("%s", async (_, imported, answers, expected) => {
  const models = await importedModels(of(imported), server(answers).fetch);
  expect(models.map(({ id, provider, url }) => [id, provider, url])).toEqual(
    expected.map(([id, provider]) => [id, provider, URL]),
  );
});

test.each<[ImportedServer["keyHeader"], object, string]>([
  ["authorization", { authorization: "Bearer k" }, "bearerToken"],
  ["x-api-key", { "x-api-key": "k" }, "apiKey"],
  [undefined, { authorization: "Bearer k", "x-api-key": "k" }, "bearerToken"],
])("a key that goes into %s", async (keyHeader, headers, written) => {
  const { fetch, asked } = server({ "/v1/models": OPENAI_LIST });
  const [model] = await importedModels(of({ apiKey: new Secret("k"), keyHeader, provider: "vllm" }), fetch);
  expect(asked).toEqual([{ url: `${URL}/v1/models`, headers }]);
  expect(Object.keys(model ?? {})).toContain(written);
});
