import { describe, expect, test } from "bun:test";
import { BOOK, loadConfig } from "../networks/config.ts";
import { environmentName, strayVariables } from "./environment.ts";
import { formatProblem } from "./problems.ts";
import { isInList } from "./settings.ts";

function load(env: Record<string, string>, text = "") {
  return loadConfig({ home: "/h", env, readFile: async (path) => (path === "/h/config.yaml" ? text : undefined) });
}

/** For each kind of value one that is no default; a path goes before its kind. */
const OTHER: Record<string, string> = {
  integer: "7",
  duration: "7m",
  size: "77MB",
  boolean: "true",
  host: "127.0.0.7",
  "IP address": "203.0.113.9",
  "host:port": "127.0.0.1:7777",
  address: `0x${"7".repeat(40)}`,
  URL: "https://seven.example",
  "challenges.reachableHosts": "seven.example",
  "store.url": "redis://seven.example",
  "networks.fedai.nonces.url": "postgres://seven.example/fedai",
  "networks.blindference.tier": "1",
  "networks.oarn.blockchain.contracts.taskRegistryV2": `0x${"7".repeat(40)}`,
  "networks.oarn.blockchain.contracts.taskRegistry": `0x${"7".repeat(40)}`,
  "networks.oarn.discovery.directoryName": "seven.eth",
  name: "seven",
  text: "seven",
  number: "7",
  "auto | json | human": "json",
  "debug | info | warn | error | dpanic | panic | fatal": "warn",
};

describe("environment variables", () => {
  test.each([
    ["node.listenPort", "FXN_NODE_LISTEN_PORT"],
    ["node.publicIpUrl", "FXN_NODE_PUBLIC_IP_URL"],
    ["rpcProvider", "FXN_RPC_PROVIDER"],
    ["nonceCache.maxPerCaller", "FXN_NONCE_CACHE_MAX_PER_CALLER"],
    ["registry.gateway.pollInterval", "FXN_REGISTRY_GATEWAY_POLL_INTERVAL"],
  ])("%s is %s", (path, name) => expect(environmentName(path)).toBe(name));

  const settings = BOOK.settings.filter(({ path, role }) => role === "setting" && !isInList(path));
  test.each(settings)("$path has one that works", async (setting) => {
    const name = environmentName(setting.path);
    const value =
      OTHER[setting.path] ?? OTHER[setting.type] ?? (setting.sample === undefined ? undefined : String(setting.sample));
    if (value === undefined) throw new Error(`no value for the type "${setting.type}"`);
    // An ejection of 7m needs room; fed_AI, when it is on, somebody to serve.
    const others = { FXN_HEALTH_MAX_EJECTION: "1h", FXN_NETWORKS_FEDAI_ACCESS_OPEN: "true" };
    const { origins } = (await load({ ...others, [name]: value })).show();
    expect(origins.find(({ path }) => path === setting.path)?.from).toBe(`$${name}`);
  });

  test("they win over the file; one that is empty does not count", async () => {
    const file = "node:\n  listenPort: 1\n  listenAddress: 127.0.0.2\n";
    const { config } = await load({ FXN_NODE_LISTEN_PORT: "2", FXN_NODE_LISTEN_ADDRESS: "" }, file);
    expect(config.node).toMatchObject({ listenPort: 2, listenAddress: "127.0.0.2" });
  });

  test("lists have commas", async () => {
    const { config } = await load({
      FXN_RPC_PROVIDER: "https://a.example,https://b.example",
      FXN_ADMIN_ALLOWED_HOSTS: "a.lan, b.lan",
    });
    expect(config.rpcProvider).toEqual(["https://a.example", "https://b.example"]);
    expect(config.admin.allowedHosts).toEqual(["a.lan", "b.lan"]);
  });

  test("a contradiction that one causes names it", async () => {
    const error = await load({ FXN_REGISTRY_BYPASS_AUTH: "true" }, "node: {listenAddress: 0.0.0.0}\n").catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ problems: [{ file: "$FXN_REGISTRY_BYPASS_AUTH", path: "registry.bypassAuth" }] });
  });

  test("those that look like settings and are none bring a warning; others are left alone", () => {
    const env = {
      FXN_NODE_LISTEN_PROT: "1",
      FXN_LISTEN_PORT: "1",
      FXN_NODE_COLOUR: "red",
      FXN_HOME: "/h",
      FXN_PASSWORD: "x",
      FXN_SERVICE_HOST: "10.0.0.1",
      FXN_PORT: "tcp://10.0.0.1:80",
      PATH: "/bin",
    };
    expect(strayVariables(env, BOOK.settings).map(formatProblem)).toEqual([
      '$FXN_NODE_LISTEN_PROT: names no setting and is ignored, did you mean "FXN_NODE_LISTEN_PORT"?',
      '$FXN_LISTEN_PORT: names no setting and is ignored, did you mean "FXN_NODE_LISTEN_PORT"?',
      "$FXN_NODE_COLOUR: names no setting and is ignored",
    ]);
  });
});
