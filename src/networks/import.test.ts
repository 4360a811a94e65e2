// Importing again: what the file says changes, and what it says nothing of stays as the operator has set it.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { importNetwork, networkNamed } from "./import.ts";
import { OWN_NETWORKS } from "./index.ts";

const noKey = () => Promise.reject(new Error("no key comes with it"));

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test("Infernet's file over a section that was written by hand", async () => {
  const infernet = {
    enabled: false,
    name: "mine",
    price: 0.25,
    intervals: { commandMs: 60_000, pollMs: 5000 },
    engine: { backend: "vllm" },
    commands: { models: ["tiny"] },
    p2p: { enabled: true, port: 4000 },
  };
  writeFileSync(join(home, "config.yaml"), stringify({ networks: { infernet } }), { mode: 0o600 });
  const file = {
    controlPlane: { url: "https://plane.example" },
    node: { nodeId: "provider-0f44326c", name: null, address: null, port: 46_337 },
    engine: { model: "tiny" },
    intervals: { pollMs: 1000 },
  };
  const again = () =>
    importNetwork(networkNamed("infernet", OWN_NETWORKS), {
      home,
      text: JSON.stringify(file),
      where: "config.json",
      passwords: { existing: noKey, fresh: noKey },
    });
  await again();
  const once = readFileSync(join(home, "config.yaml"), "utf8");
  expect(parse(once).networks.infernet).toEqual({
    enabled: true,
    name: "mine",
    price: 0.25,
    intervals: { commandMs: 60_000, pollMs: 1000 },
    engine: { backend: "vllm", model: "tiny" },
    commands: { models: ["tiny"] },
    p2p: { enabled: true, port: 46_337 },
    url: "https://plane.example",
    nodeId: "provider-0f44326c",
    advertise: false,
  });
  await again();
  expect(readFileSync(join(home, "config.yaml"), "utf8")).toBe(once);
});
