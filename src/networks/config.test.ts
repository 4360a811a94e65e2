// The whole configuration with the networks in it: what their own nodes' variables decide, and what is said of those that decide nothing.
import { expect, test } from "bun:test";
import { KEYS } from "../../test/fakes/fedai-rig.ts";
import { ConfigError } from "../config/problems.ts";
import { loadConfig, loadUnfinished } from "./config.ts";

const load = (yaml: string, env: Record<string, string> = {}, how = loadConfig) =>
  how({ home: "/home", env, readFile: async (path) => (path === "/home/config.yaml" ? yaml : undefined) });
const fedai = (more: string) => `networks: { function: { enabled: false }, fedai: { enabled: true, ${more} } }\n`;

test("notes on variables of a network's own node are warnings", async () => {
  const { warnings, networks } = await load(fedai("access: { open: true }"), {
    NODE_RATE_LIMIT_MAX: "5",
    NODE_ADMIN_KEY: "SECRET",
  });
  expect(warnings.map(({ file, path, message }) => [file, path, message.split(":")[0]])).toEqual([
    ["environment", "networks.fedai", "NODE_RATE_LIMIT_MAX"],
    ["environment", "networks.fedai", "NODE_ADMIN_KEY"],
  ]);
  expect(JSON.stringify([warnings, networks])).not.toContain("SECRET");
});

test("what a network could not be served with is said at its place, where it is on", async () => {
  const yaml = (enabled: boolean) => `networks:
  function: { enabled: false }
  fedai:
    enabled: ${enabled}
    routers: [{ endpoint: "https://router.example" }]
    heartbeat: { interval: 30s }
    payments: { required: true }
    tls: { certFile: a.crt }
    sandbox: { mode: restricted }
`;
  const error = await load(yaml(true)).catch((thrown: unknown) => thrown);
  const problems = error instanceof ConfigError ? error.problems : [];
  expect(problems.map(({ line, path }) => [line, path])).toEqual([
    [3, "networks.fedai.access"],
    [3, "networks.fedai.endpoint"],
    [3, "networks.fedai.limits"],
    [6, "networks.fedai.heartbeat.interval"],
    [7, "networks.fedai.payments"],
    [8, "networks.fedai.tls"],
    [9, "networks.fedai.sandbox.runners"],
  ]);
  expect((await load(yaml(false))).config.networks.fedai?.enabled).toBe(false);
  // An import writes it all the same: its notes say what is left to do.
  expect((await load(yaml(true), {}, loadUnfinished)).config.networks.fedai?.enabled).toBe(true);
});

test("another program's key is no error of this one", async () => {
  const { config, warnings } = await load("networks: {}\n", { NODE_PRIVATE_KEY_PEM: "-----BEGIN PRIVATE KEY-----" });
  expect(config.networks.fedai?.enabled).not.toBe(true);
  expect(warnings).toEqual([
    expect.objectContaining({ message: expect.stringContaining("NODE_PRIVATE_KEY_PEM: not used") }),
  ]);
});

test("a router's key in the environment leaves the file's router", async () => {
  const { config } = await load(
    fedai(`routers: [{ endpoint: "https://router.example" }], endpoint: "https://me.example"`),
    {
      ROUTER_KEY_ID: KEYS.router.npub,
    },
  );
  expect(config.networks.fedai?.routers).toEqual([
    { endpoint: "https://router.example", key: KEYS.router.publicKeyXOnlyHex },
  ]);
});
