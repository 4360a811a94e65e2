// A reference node's config.json: what of it is carried over, and that the rest is named and never quoted.
import { describe, expect, test } from "bun:test";
import vectors from "../../../test/vectors/infernet.json";
import { infernetNetwork } from "./network.ts";

const KEY = "B7E151628AED2A6ABF7158809CF4F3C762E7160F38B4DA56A784D9045190CFEF";
const node = {
  id: "60388cdc-f882-4dfa-8df3-e472081e1adb",
  nodeId: "provider-0f44326c",
  role: "provider",
  name: "alice@box:nice",
  publicKey: "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659",
  privateKey: KEY,
  address: "203.0.113.7",
  port: 46_337,
};
const read = (config: object) => infernetNetwork.importFile(JSON.stringify(config), "config.json");

describe("import", () => {
  test("settings, key and model server; what is settled is what the schema takes", () => {
    const found = read({
      controlPlane: { url: "https://plane.example/" },
      node,
      engine: { backend: "ollama", ollamaHost: "http://127.0.0.1:11434", model: "qwen2.5:7b", ollama_num_thread: 4 },
      intervals: { heartbeatMs: 1000, pollMs: 200, commandMs: 300 },
      auth: { bearerToken: "SECRET-TOKEN", email: "a@b.example" },
      cloudCredentials: { runpod: "SECRET-CLOUD" },
      supabase: { url: "https://db.example", serviceRoleKey: "SECRET-ROLE" },
      extra: 1,
    });
    expect(found.settings).toEqual({
      url: "https://plane.example",
      nodeId: "provider-0f44326c",
      name: "nice",
      advertise: true,
      address: "203.0.113.7",
      p2p: { port: 46_337 },
      engine: { model: "qwen2.5:7b", backend: "ollama", ollamaHost: "http://127.0.0.1:11434" },
      commands: { models: ["qwen2.5:7b"] },
      intervals: { heartbeatMs: 1000, pollMs: 200, commandMs: 300 },
    });
    expect(infernetNetwork.settings.safeParse(found.settings).success).toBe(true);
    expect(found.privateKey?.reveal()).toBe(KEY.toLowerCase());
    expect(found.modelServer).toEqual({ url: "http://127.0.0.1:11434", apiKey: undefined });
    const notes = found.notes.join("\n");
    for (const name of [
      "node.id:",
      "auth:",
      "cloudCredentials:",
      "supabase:",
      "ollama_num_thread:",
      "extra:",
      "node.name:",
      "model commands from afar: obeyed for qwen2.5:7b alone",
    ]) {
      expect(notes).toContain(name);
    }
    expect(JSON.stringify(found)).not.toMatch(/SECRET|B7E15162|b7e15162/);
  });

  test.each(vectors.key_pair_checks)(
    "a key pair, $name: $keyPairIsValid",
    ({ publicKey, privateKey, keyPairIsValid }) => {
      const outcome = () => read({ node: { ...node, publicKey, privateKey } }).privateKey?.reveal();
      if (keyPairIsValid) expect(outcome()).toBe(privateKey);
      else expect(outcome).toThrow();
    },
  );

  test("nothing at all, null and 0 are what is not set; a byte order mark is none of it", () => {
    const written = {
      controlPlane: { url: "https://plane.example" },
      node: { ...node, id: "", name: "", publicKey: null, address: "", port: 0 },
      engine: null,
      supabase: null,
      intervals: { heartbeatMs: null },
    };
    const found = infernetNetwork.importFile(`\ufeff${JSON.stringify(written)}`, "config.json");
    expect(found.settings).toEqual({
      url: "https://plane.example",
      nodeId: "provider-0f44326c",
      advertise: false,
    });
    expect(found.modelServer).toBeUndefined();
    expect(found.notes.join("\n")).not.toMatch(/supabase|engine|node\.id/);
  });

  test.each([
    ["alice@box:calm-otter-12", "calm-otter-12", "node.name: only"],
    ["alice@box", "alice@box", "node.name: kept, but"],
    ["edge-01", "edge-01", undefined],
  ])("the name %s becomes %s", (name, kept, said) => {
    const found = read({ node: { ...node, name } });
    expect(found.settings.name).toBe(kept);
    const note = found.notes.find((text) => text.startsWith("node.name:"));
    if (said === undefined) expect(note).toBeUndefined();
    else expect(note).toStartWith(said);
  });

  test("address null stays: nothing is published", () => {
    expect(read({ node: { ...node, address: null, port: null } }).settings).toMatchObject({ advertise: false });
    expect(read({ node: { ...node, address: null } }).settings).not.toHaveProperty("address");
  });

  test.each([{}, { controlPlane: null }, { controlPlane: { url: "" } }])(
    "the old form's URL is taken beside %j",
    (beside) => {
      const found = read({ node, supabase: { url: "https://plane.example", serviceRoleKey: "SECRET" }, ...beside });
      expect(found.settings.url).toBe("https://plane.example");
      expect(found.notes.join("\n")).toContain("supabase.url: taken as the control plane's");
      expect(JSON.stringify(found)).not.toContain("SECRET");
    },
  );

  test.each([
    ["vllm", { backend: "vllm", ollamaHost: "http://127.0.0.1:11434" }, "http://127.0.0.1:8000"],
    ["llamacpp", { backend: "llamacpp" }, "http://127.0.0.1:8080"],
    ["ollama by its host", { ollamaHost: "http://10.0.0.5:11434" }, "http://10.0.0.5:11434"],
    ["stub", { backend: "stub" }, undefined],
    ["mojo", { backend: "mojo" }, undefined],
  ])("the model server of %s", (_name, engine, url) => {
    expect(read({ node, engine }).modelServer?.url).toBe(url);
  });

  test.each([
    ["no JSON", "{oops SECRET", "not JSON"],
    ["a key that is none", JSON.stringify({ node: { ...node, privateKey: "SECRET" } }), "node.privateKey"],
    ["no node", JSON.stringify({ controlPlane: { url: "https://x.example" } }), "node"],
    ["a client", JSON.stringify({ node: { ...node, role: "client" } }), 'node.role is "client"'],
    ["plain http", JSON.stringify({ node, controlPlane: { url: "http://plane.example" } }), "controlPlane.url"],
  ])("%s is refused, without a secret in the words", (_name, text, said) => {
    const failure = (): string => {
      try {
        infernetNetwork.importFile(text, "config.json");
      } catch (error) {
        return String(error);
      }
      return "";
    };
    expect(failure()).toContain(said);
    expect(failure()).not.toContain("SECRET");
  });
});
