import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../core/secret.ts";
import { loadConfig, writeDefaults } from "../networks/config.ts";
import { ConfigError } from "./problems.ts";

let parent = "";
let home = "";
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "fxn-write-"));
  home = join(parent, "home");
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("what was answered is in force, the rest has its defaults; files are 0600 in a 0700 home", async () => {
  const result = await writeDefaults(home, {
    settings: { "node.listenPort": 9000, rpcProvider: ["https://a.example", "https://b.example"] },
    models: [
      {
        id: "llama",
        aliases: ["l"],
        provider: "vllm",
        url: "http://127.0.0.1:8000",
        apiKey: new Secret("sk: #1".replaceAll(" ", "")),
      },
    ],
  });
  expect(result).toEqual({ written: [join(home, "config.yaml"), join(home, "model_backend.yaml")], kept: [] });
  const { config, models } = await loadConfig({ home, env: {} });
  expect(config.node).toMatchObject({ listenAddress: "127.0.0.1", listenPort: 9000 });
  expect(config.rpcProvider).toEqual(["https://a.example", "https://b.example"]);
  expect(models?.models[0]).toMatchObject({ id: "llama", aliases: ["l"], backends: [{ provider: "vllm" }] });
  expect(models?.models[0]?.backends[0]?.apiKey?.reveal()).toBe("sk:#1");
  expect([mode(home), ...readdirSync(home).map((name) => mode(join(home, name)))]).toEqual(["700", "600", "600"]);
});

test("with no answers config.yaml is a comment, and there is no model_backend.yaml", async () => {
  expect((await writeDefaults(home)).written).toEqual([join(home, "config.yaml")]);
  expect(readFileSync(join(home, "config.yaml"), "utf8")).toMatch(/^(# .*\n)+$/);
  expect((await loadConfig({ home, env: {} })).models).toBeUndefined();
});

test("only what was answered is written, under its section and help", async () => {
  await writeDefaults(home, { settings: { "registry.gateway.pollInterval": "2m" } });
  const lines = readFileSync(join(home, "config.yaml"), "utf8")
    .split("\n")
    .filter((line) => line && !line.trim().startsWith("#"));
  expect(lines).toEqual(["registry:", "  gateway:", "    pollInterval: 2m"]);
});

test("a file that is there is never touched", async () => {
  await writeDefaults(home);
  writeFileSync(join(home, "config.yaml"), "node: {listenPort: 1}\n");
  const result = await writeDefaults(home, {
    settings: { "node.listenPort": 2 },
    models: [{ id: "a", provider: "custom", url: "http://x" }],
  });
  expect(result).toEqual({ written: [join(home, "model_backend.yaml")], kept: [join(home, "config.yaml")] });
  expect((await loadConfig({ home, env: {} })).config.node.listenPort).toBe(1);
});

test("answers that make no valid configuration write nothing", async () => {
  const answers = { models: [{ id: "a", provider: "custom", url: "127.0.0.1:8000" } as const] };
  expect(writeDefaults(home, answers)).rejects.toBeInstanceOf(ConfigError);
  await writeDefaults(home, answers).catch(() => undefined);
  expect(readdirSync(parent)).toEqual([]);
});
