// The whole configuration with the networks in it: what their own nodes' variables decide, and what is said of those that decide nothing.
import { expect, test } from "bun:test";
import { KEYS } from "../../test/fakes/fedai-rig.ts";
import { loadConfig } from "./config.ts";

const load = (yaml: string, env: Record<string, string> = {}) =>
  loadConfig({ home: "/home", env, readFile: async (path) => (path === "/home/config.yaml" ? yaml : undefined) });
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
