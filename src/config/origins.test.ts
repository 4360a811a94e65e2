import { expect, test } from "bun:test";
import { loadConfig } from "../networks/config.ts";

const FILES: Record<string, string> = {
  "/h/config.yaml":
    "node:\n  listenPort: 81\n  publicIpUrl: https://ip.example/me?key=CANARY\nrpcProvider:\n  - https://u:CANARY@base.example/v2/CANARY\n  - http://127.0.0.1:8545\nregistry:\n  bypassAuth: true\n",
  "/h/model_backend.yaml":
    "models:\n  - id: a\n    backends:\n      - url: http://127.0.0.1:8000/v1\n        apiKey: CANARY\n",
};

const loaded = () => loadConfig({ home: "/h", env: { FXN_QUEUE_SIZE: "9" }, readFile: async (path) => FILES[path] });

test("every value names the line, the variable or the default that it comes from", async () => {
  const { origins } = (await loaded()).show();
  const from = Object.fromEntries(origins.map((leaf) => [leaf.path, [leaf.value, leaf.from]]));
  expect(from).toMatchObject({
    "node.listenPort": [81, "config.yaml:2"],
    "node.listenAddress": ["127.0.0.1", "default"],
    "node.publicIp": [undefined, "default"],
    "registry.bypassAuth": [true, "config.yaml:8"],
    "registry.maxStale": ["1h", "default"],
    "queue.size": [9, "$FXN_QUEUE_SIZE"],
    rpcProvider: [["https://base.example/***", "http://127.0.0.1:8545"], "config.yaml:4"],
    "models[0].id": ["a", "model_backend.yaml:2"],
    "models[0].aliases": [[], "default"],
    "models[0].backends[0].url": ["http://127.0.0.1:8000/v1", "model_backend.yaml:4"],
    "models[0].backends[0].apiKey": ["***", "model_backend.yaml:5"],
    "models[0].backends[0].weight": [1, "default"],
  });
});

test("an API key, an RPC path and a token in a URL are not shown", async () => {
  const { config, show } = await loaded();
  expect(JSON.stringify(show())).not.toContain("CANARY");
  expect(config.rpcProvider[0]).toContain("CANARY");
});

test.each([
  ["redis://redis.lan:6379", "redis://redis.lan:6379"],
  ["redis://:CANARY@redis.lan/", "redis://redis.lan"],
  ["rediss://fxn:CANARY@[::1]:6380/2", "rediss://[::1]:6380/***"],
  ["valkeys://redis.lan?password=CANARY", "valkeys://redis.lan/***"],
  ["postgres://CANARY:CANARY@db.lan:5433/CANARY?sslmode=require", "postgres://db.lan:5433/***"],
])("of a store's URL the server is shown: %s", async (url, seen) => {
  const loaded = await loadConfig({ home: "/h", env: { FXN_STORE_URL: url }, readFile: async () => undefined });
  const { config, origins } = loaded.show();
  expect(config).toMatchObject({ store: { url: seen } });
  expect(origins.find(({ path }) => path === "store.url")?.value).toBe(seen);
});

test("a file that is not there has no values", async () => {
  const loaded = await loadConfig({ home: "/h", env: {}, readFile: async () => undefined });
  const { models, origins } = loaded.show();
  expect(models).toBeUndefined();
  expect(origins.every(({ path, from }) => path !== "" && from === "default")).toBe(true);
});
