// Which models are told to the ICL: named, configured in the right form, and with a server of their own that works.
import { expect, test } from "bun:test";
import { Models } from "./models.ts";

const card = (id: string, route: string) => ({ id, created: 1, routes: [route], kinds: ["vllm"] });
const server = (works: boolean, ...names: string[]) => ({ kind: "vllm", origin: "http://127.0.0.1:1", works, names });
const CARDS = [card("llama", "/v1/chat/completions"), card("facebook/opt-125m", "/v1/completions")];
const models = (...servers: ReturnType<typeof server>[]) =>
  new Models(["groq:llama", "facebook/opt-125m", "gemini:x"], { models: () => CARDS, modelServers: () => servers });

test("a model counts by its own server: another one that works is of no use to it", () => {
  const both = models(server(true, "llama"), server(false, "facebook/opt-125m", "opt"));
  expect(both.advertised).toEqual(["groq:llama"]);
  expect(both.problems).toEqual([
    ...["the model server of facebook/opt-125m does not answer", "no model server has x at /v1/chat/completions"],
  ]);
  expect(models(server(false, "llama"), server(true, "llama", "facebook/opt-125m")).advertised).toEqual([
    ...["groq:llama", "facebook/opt-125m"],
  ]);
  expect(both.find("other")).toContain("not among");
});
