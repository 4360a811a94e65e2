// The reference's variables at a start: only those that are set, with the setting that each decides, and no garbage.
import { expect, test } from "bun:test";
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

test("garbage names its variable", () => {
  expect(() => importEnvironment({ NODE_REQUIRE_PAYMENT: "yes" }, true)).toThrow("$NODE_REQUIRE_PAYMENT: ");
});
