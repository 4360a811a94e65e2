// Importing the reference's env file: every variable has its place or its line, and garbage is an error with its line.
import { describe, expect, test } from "bun:test";
import { KEYS } from "../../../../test/fakes/fedai-rig.ts";
import { FxnError } from "../../../core/errors.ts";
import { settings } from "../settings.ts";
import { importFile, isKnown } from "./import.ts";
import { LEFT_OUT, VARIABLES } from "./variables.ts";

const WHOLE = `# a node in production
export NODE_ID="node-berlin" # quoted
NODE_KEY_ID=${KEYS.node.npub}
NODE_PRIVATE_KEY_PEM='${KEYS.node.nsec}'
NODE_ENDPOINT=https://node.example:8443/
NODE_PORT=8443
ROUTER_ENDPOINT=https://router.example
ROUTER_KEY_ID=${KEYS.router.npub}
ROUTER_PUBLIC_KEY_PEM=${KEYS.router.publicKeyXOnlyHex}
NODE_ROUTER_BLOCK=${KEYS.oddY.npub}, ${KEYS.client.publicKeyXOnlyHex}
NODE_HEARTBEAT_MS=5000
NODE_CAPACITY_MAX=8
NODE_MAX_RUNTIME_MS=90000
NODE_MAX_TOKENS=2048
NODE_JOB_TYPES=GEN_CHUNK,SUMMARISE
NODE_PRICE_INPUT_SATS=1
NODE_REQUIRE_PAYMENT=TRUE
NODE_LN_VERIFY_URL=https://ln.example/verify?token=t
NODE_ROUTER_FEE_MAX_BPS=500
NODE_OFFLOAD_PEERS=http://peer.example
NODE_RELAY_BOOTSTRAP=relay.example
NODE_RELAY_TRUST=wss://relay.example=3
NODE_RUNNER=vllm
NODE_VLLM_URL=http://127.0.0.1:8000
NODE_VLLM_API_KEY=sk-secret
NODE_ADMIN_KEY=admin-secret
NODE_RELAY_MIN_SCORE=
SOMETHING_ELSE=x
`;

const errorOf = (text: string): unknown => {
  try {
    return importFile(text, ".env.node");
  } catch (error) {
    return error;
  }
};

describe("a whole file", () => {
  const { settings: written, privateKey, modelServer, notes } = importFile(WHOLE, ".env.node");

  test("becomes settings that pass the schema", () => {
    const parsed = settings.parse(written);
    expect(parsed).toMatchObject({
      nodeId: "node-berlin",
      listen: { host: "0.0.0.0", port: 8443 },
      endpoint: "https://node.example:8443/",
      routers: [{ endpoint: "https://router.example", key: KEYS.router.publicKeyXOnlyHex }],
      access: { block: [KEYS.oddY.publicKeyXOnlyHex, KEYS.client.publicKeyXOnlyHex] },
      heartbeat: { interval: 5000 },
      capacity: { max: 8 },
      limits: { runtime: 90_000, tokens: 2048 },
      jobTypes: ["GEN_CHUNK", "SUMMARISE"],
      prices: { input: 1 },
      payments: { required: true, feeMaxBps: 500, verify: { url: "https://ln.example/verify?token=t" } },
      offload: { peers: [{ endpoint: "http://peer.example" }] },
      relays: { bootstrap: ["wss://relay.example/"], trust: [{ url: "wss://relay.example/", bonus: 3 }] },
    });
  });

  test("has its key and model server, which print nothing", () => {
    expect(privateKey?.reveal()).toBe(KEYS.node.privateKeyHex);
    expect(modelServer).toMatchObject({ url: "http://127.0.0.1:8000", provider: "vllm", keyHeader: "authorization" });
    expect(modelServer?.apiKey?.reveal()).toBe("sk-secret");
    const printed = JSON.stringify([written, notes, privateKey, modelServer]);
    for (const secret of [KEYS.node.nsec, KEYS.node.privateKeyHex, "sk-secret", "admin-secret"]) {
      expect(printed).not.toContain(secret);
    }
  });

  test("says line by line what is not carried over", () => {
    expect(notes.filter((note) => note.includes("not carried over")).map((note) => note.split(":")[0])).toEqual([
      "NODE_ADMIN_KEY",
      "SOMETHING_ELSE",
    ]);
    expect(notes.some((note) => note.startsWith("NODE_OFFLOAD_PEERS"))).toBe(true);
  });
});

test.each([
  ["NODE_REQUIRE_PAYMENT=yes", "true or false"],
  ["NODE_HEARTBEAT_MS=abc", "milliseconds"],
  ["NODE_CAPACITY_MAX=10abc", "whole number"],
  ["NODE_CAPACITY_MAX=0", "NODE_CAPACITY_MAX"],
  ["NODE_PRICE_INPUT_SATS=0.5", "whole number"],
  ["NODE_PRICE_UNIT=call", "one of token, second"],
  ["NODE_PORT=-1", "whole number"],
  ["NODE_ROUTER_BLOCK=npub1nonsense", "public key"],
  ["NODE_JOB_TYPES=GEN_CHUNK,CHAT", "one of"],
  ["NODE_SANDBOX_MODE=strict", "one of disabled, restricted"],
  ["NODE_RUNNER=fancy", "one of"],
  ["NODE_RUNNER=openai\nNODE_OPENAI_API_KEY_HEADER=cookie", "one of"],
  ["NODE_RELAY_BOOTSTRAP=ftp://x", "relays"],
  [`ROUTER_KEY_ID=${KEYS.router.npub}\nROUTER_PUBLIC_KEY_PEM=${KEYS.node.npub}`, "the key of ROUTER_KEY_ID"],
  [`NODE_PRIVATE_KEY_PEM=${KEYS.node.nsec}\nNODE_KEY_ID=${KEYS.router.npub}`, "the npub of NODE_PRIVATE_KEY_PEM"],
  [`NODE_PRIVATE_KEY_PEM=${"0".repeat(64)}`, "private key"],
  ["NODE_PRIVATE_KEY_PEM=nsec1verysecretandwrong", "private key"],
  ["what is this", "not a line of an env file"],
  ["NODE_ID='open", "not a line of an env file"],
])("garbage: %j", (line, expected) => {
  const error = errorOf(`# first\n\n${line}\n`);
  expect(error).toBeInstanceOf(FxnError);
  const { message } = error instanceof Error ? error : { message: "" };
  expect(message).toContain(expected);
  expect(message).toMatch(/^\.env\.node:[34]: /);
  expect(message).not.toContain("secret");
});

test("an empty file is the reference's defaults, as far as they are safe, and says which are not", () => {
  const { settings: written, privateKey, notes } = importFile("", ".env");
  expect(written).toEqual({
    listen: "0.0.0.0:8081",
    routers: [{ endpoint: "http://localhost:8080" }],
    endpoint: "http://localhost:8081",
  });
  expect(privateKey).toBeUndefined();
  expect(notes.join("\n")).toContain("node-1 is everybody's");
  expect(notes.join("\n")).toContain("serves every stranger");
});

test.each(["cpu", "mock"])("the runner %s, which makes answers up, is not carried over", (name) => {
  const { modelServer, notes } = importFile(`NODE_RUNNER=${name}`, ".env");
  expect(modelServer).toBeUndefined();
  expect(notes[0]).toContain("makes its answers up");
});

test.each<[string, object]>([
  ["", { provider: "fedai-runner", url: "http://localhost:8085", fallbackModel: undefined }],
  ["NODE_RUNNER=llama_cpp\nNODE_MODEL_ID=mine", { provider: "llamacpp", fallbackModel: "mine", models: undefined }],
  ["NODE_RUNNER=openai", { provider: "openai", models: ["gpt-4o-mini"], url: "https://api.openai.com" }],
  [
    "NODE_RUNNER=openai\nNODE_OPENAI_MODEL=o\nNODE_OPENAI_API_KEY_HEADER=x-api-key",
    { models: ["o"], keyHeader: "x-api-key" },
  ],
  ["NODE_RUNNER=openai\nNODE_OPENAI_API_KEY_HEADER=both", { keyHeader: undefined }],
  [
    "NODE_RUNNER=anthropic\nNODE_MODEL_ID=claude",
    { provider: "anthropic", models: ["claude"], keyHeader: "x-api-key" },
  ],
])("the runner of %j as a model server", (text, expected) => {
  expect(importFile(text, ".env").modelServer).toMatchObject(expected);
});

test.each<[string, object, string]>([
  ["NODE_HEARTBEAT_MS=60000", { heartbeat: { interval: "25s" } }, "NODE_HEARTBEAT_MS: 25s instead"],
  ["NODE_RATE_LIMIT_MAX=5\nNODE_RATE_LIMIT_WINDOW_MS=0", {}, "NODE_RATE_LIMIT_MAX: no limit"],
  [
    "NODE_NONCE_STORE_PATH=data/nonces.json",
    { nonces: { file: "data/nonces.json" } },
    "NODE_NONCE_STORE_PATH: starts at",
  ],
  ["NODE_RUNNER_TIMEOUT_MS=2000", { limits: { firstWord: "2s" } }, ""],
  ["NODE_RELAY_MIN_SCORE=2.5", { relays: { minScore: 2.5 } }, ""],
  ["NODE_SANDBOX_ALLOWED_RUNNERS=http,vllm", { sandbox: { runners: ["fedai-runner", "custom", "vllm"] } }, ""],
])("what reads otherwise here: %j", (text, expected, note) => {
  const { settings: written, notes } = importFile(text, ".env");
  expect(written).toMatchObject(expected);
  expect(written.rateLimit).toBeUndefined();
  expect(notes.join("\n")).toContain(note);
});

test("each variable has one place, and is known", () => {
  const both = Object.keys(VARIABLES).filter((name) => name in LEFT_OUT);
  expect(both).toEqual([]);
  for (const name of ["NODE_PORT", "NODE_LLAMA_CPP_URL", ...Object.keys(VARIABLES), ...Object.keys(LEFT_OUT)]) {
    expect(isKnown(name)).toBe(true);
  }
  expect(isKnown("constructor")).toBe(false);
});
