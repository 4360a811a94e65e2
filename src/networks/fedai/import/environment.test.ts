// The reference's variables at a start: only those that are set, with the setting that each decides, and no garbage.
import { describe, expect, test } from "bun:test";
import { KEYS } from "../../../../test/fakes/fedai-rig.ts";
import { importEnvironment } from "./environment.ts";

test("only what is set is decided, each by its variables", () => {
  const { settings, privateKey, notes } = importEnvironment(
    {
      NODE_PORT: "9000",
      NODE_MAX_TOKENS: "512",
      NODE_ID: "",
      ROUTER_ENDPOINT: "http://router",
      ROUTER_KEY_ID: KEYS.router.npub,
      NODE_PRIVATE_KEY_PEM: KEYS.node.nsec,
      NODE_ADMIN_KEY: "secret",
      NODE_OPTIONS: "--inspect",
      PATH: "/bin",
      FXN_HOME: "/x",
    },
    false,
  );
  expect(settings).toEqual([
    { setting: "enabled", value: true, names: ["NODE_PRIVATE_KEY_PEM"] },
    { setting: "listen", value: "0.0.0.0:9000", names: ["NODE_PORT"] },
    { setting: "limits.tokens", value: 512, names: ["NODE_MAX_TOKENS"] },
    {
      setting: "routers",
      value: [{ endpoint: "http://router", key: KEYS.router.publicKeyXOnlyHex }],
      names: ["ROUTER_ENDPOINT", "ROUTER_KEY_ID"],
    },
  ]);
  expect(privateKey?.reveal()).toBe(KEYS.node.privateKeyHex);
  expect(notes.map((note) => note.split(":")[0])).toEqual(["NODE_PORT", "NODE_ADMIN_KEY"]);
  expect(notes.join()).not.toContain("secret");
});

test("an environment without any decides nothing", () => {
  expect(importEnvironment({ PATH: "/bin", NODE_OPTIONS: "" }, true)).toEqual({
    settings: [],
    privateKey: undefined,
    notes: [],
  });
});

test("where fed_AI is off, variables of some other program are left alone", () => {
  const { settings } = importEnvironment({ NODE_PORT: "garbage", NODE_ID: "a" }, false);
  expect(settings).toEqual([]);
});

describe("over a file", () => {
  const KEY = KEYS.router.publicKeyXOnlyHex;
  const routers = [{ endpoint: "https://router.example", key: KEYS.client.npub }];
  const decidedBy = (env: Record<string, string>, written: unknown) => {
    const { settings, notes } = importEnvironment(env, true, written);
    return { settings: Object.fromEntries(settings.map(({ setting, value }) => [setting, value])), notes };
  };

  test("a router's key alone is that of the one router", () => {
    const env = { ROUTER_KEY_ID: KEYS.router.npub };
    expect(decidedBy(env, { routers }).settings).toEqual({
      routers: [{ endpoint: "https://router.example", key: KEY }],
    });
  });

  test.each([[[]], [[...routers, { endpoint: "https://other.example" }]]])(
    "a router's key alone decides nothing where it may be anyone's: %j",
    (several) => {
      const { settings, notes } = decidedBy({ ROUTER_KEY_ID: KEYS.router.npub }, { routers: several });
      expect(settings).toEqual({});
      expect(notes).toEqual([
        "ROUTER_KEY_ID: not used: whose key is it? Set ROUTER_ENDPOINT as well, or routers[].key",
      ]);
    },
  );

  test("endpoints keep what the file says of them", () => {
    const peers = [{ endpoint: "http://a/", key: KEYS.client.npub }, { endpoint: "http://gone" }];
    const env = { NODE_OFFLOAD_PEERS: "http://a,http://b", ROUTER_ENDPOINT: "https://router.example/" };
    expect(decidedBy(env, { routers, offload: { peers } }).settings).toEqual({
      routers: [{ endpoint: "https://router.example/", key: KEYS.client.npub }],
      "offload.peers": [{ endpoint: "http://a", key: KEYS.client.npub }, { endpoint: "http://b" }],
    });
  });

  test("a rate limit without a window is none, and says so", () => {
    const { settings, notes } = decidedBy({ NODE_RATE_LIMIT_MAX: "5" }, {});
    expect(settings).toEqual({});
    expect(notes).toEqual([expect.stringContaining("NODE_RATE_LIMIT_MAX: no limit without NODE_RATE_LIMIT_WINDOW_MS")]);
    expect(decidedBy({ NODE_RATE_LIMIT_MAX: "5", NODE_RATE_LIMIT_WINDOW_MS: "60000" }, {}).settings).toEqual({
      "rateLimit.requests": 5,
      "rateLimit.window": "1m",
    });
  });
});

test("where fed_AI is off, the key of some other program is left alone, and that is said", () => {
  const pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----";
  const { settings, privateKey, notes } = importEnvironment({ NODE_PRIVATE_KEY_PEM: pem, NODE_PORT: "x" }, false);
  expect([settings, privateKey]).toEqual([[], undefined]);
  expect(notes).toEqual(["NODE_PRIVATE_KEY_PEM: not used: no key of a fed_AI node, and networks.fedai is off"]);
  expect(() => importEnvironment({ NODE_PRIVATE_KEY_PEM: pem }, true)).toThrow("$NODE_PRIVATE_KEY_PEM: ");
});

test("a runner is not taken from variables, and that is said of each", () => {
  const { notes } = importEnvironment({ NODE_RUNNER: "vllm", NODE_VLLM_URL: "http://127.0.0.1:8000" }, true);
  expect(notes).toEqual([
    expect.stringMatching(/^NODE_RUNNER: not used: .*model_backend\.yaml/),
    expect.stringMatching(/^NODE_VLLM_URL: not used/),
  ]);
});

test("garbage names its variable", () => {
  expect(() => importEnvironment({ NODE_REQUIRE_PAYMENT: "yes" }, true)).toThrow("$NODE_REQUIRE_PAYMENT: ");
});
