import { expect, test } from "bun:test";
import { servedModels } from "./specs.ts";

test("what is offered can chat, and its name is neither a file's path nor hides anything", () => {
  const card = (id: string, ...routes: string[]) => ({ id, created: 1, routes, kinds: [] });
  const cards = [
    card("qwen2.5:7b", "/v1/chat/completions", "/v1/completions"),
    card("embeddings-en", "/v1/embeddings"),
    card("/home/ada/model.gguf", "/v1/chat/completions"),
    card("C:\\models\\x.gguf", "/v1/chat/completions"),
    card("bell\u0007", "/v1/chat/completions"),
  ];
  expect(servedModels(cards)).toEqual(["qwen2.5:7b"]);
});
