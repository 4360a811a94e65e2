import { afterEach, expect, test } from "bun:test";
import { systemClock } from "../core/clock.ts";
import { createFetch } from "../lib/fetch.ts";
import { askServer, discoverServers } from "./discover.ts";

let server: Bun.Server<undefined> | undefined;
afterEach(async () => {
  await server?.stop(true);
  server = undefined;
});

function serve(answer: (path: string) => Response): string {
  server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => answer(new URL(request.url).pathname) });
  return `http://127.0.0.1:${server.port}`;
}

test("a server that lists models is found, its kind told by owned_by", async () => {
  const url = serve(() => Response.json({ object: "list", data: [{ id: "llama", owned_by: "vllm" }, { id: "bge" }] }));
  expect(await askServer(createFetch(systemClock), `${url}/v1/`)).toEqual({
    url,
    provider: "vllm",
    models: ["llama", "bge"],
  });
});

test("what refuses, answers otherwise or is no model server is not found", async () => {
  const fetch = createFetch(systemClock);
  const url = serve((path) => (path === "/v1/models" ? new Response("<html>") : new Response("", { status: 401 })));
  expect(await askServer(fetch, url)).toBeUndefined();
  expect(await askServer(fetch, "http://127.0.0.1:1")).toBeUndefined();
});

test("the usual ports are asked, and only on this machine", async () => {
  const asked: string[] = [];
  const found = await discoverServers(async (url) => {
    asked.push(url);
    if (!url.includes(":11434/")) throw new Error("refused");
    const body = new TextEncoder().encode(JSON.stringify({ data: [{ id: "qwen3", owned_by: "library" }] }));
    return { status: 200, headers: new Headers(), body };
  });
  expect(found).toEqual([{ url: "http://127.0.0.1:11434", provider: "ollama", models: ["qwen3"] }]);
  expect(asked.every((url) => url.startsWith("http://127.0.0.1:"))).toBeTrue();
});
