// From a network's own node to this one: its configuration is imported, or its variables are set, and the node serves.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nsecEncode } from "nostr-tools/nip19";
import { parse, stringify } from "yaml";
import { systemClock } from "../../src/core/clock.ts";
import { nostrFromKey } from "../../src/keys/nostr.ts";
import { FakeFedaiRouter } from "../fakes/fedai-router.ts";
import { InfernetControlPlane } from "../fakes/infernet-control-plane.ts";
import { verifySchnorr } from "../fakes/infernet-ports.ts";
import { serveInfernet } from "../fakes/infernet-server.ts";
import { ModelServer, stream } from "../fakes/model-server.ts";
import vectors from "../vectors/function.json";
import { saveCheapKey } from "./cheap-key.ts";
import { ANY_PORTS, fxn, killAll, makeHome, removeHome, startNode, writeConfig, writeGoKey } from "./node.ts";
import { until } from "./until.ts";
import { unusedPort } from "./unused-port.ts";

const KEY = Buffer.alloc(32, 5);
const node = nostrFromKey(KEY);
const router = new FakeFedaiRouter(nostrFromKey(Buffer.alloc(32, 9)), systemClock);
const plane = new InfernetControlPlane(systemClock, verifySchnorr);
const planeServer = serveInfernet(plane);
const ASK = { requestId: "r1", modelId: "tiny", prompt: "Hello!", maxTokens: 5 };

let model: ModelServer;
let home: string;
let passwordFile: string;
beforeAll(async () => {
  model = await ModelServer.start();
  model.behave = stream({ tokens: 3 });
});
beforeEach(() => {
  home = makeHome();
  passwordFile = join(home, "password");
  writeFileSync(passwordFile, "long enough\n", { mode: 0o600 });
  writeFileSync(
    join(home, "model_backend.yaml"),
    stringify({ models: [{ id: "tiny", backends: [{ url: model.url }] }] }),
  );
});
afterEach(async () => {
  await killAll();
  removeHome(home);
  router.restart();
});
afterAll(async () => {
  model.stop();
  router.stop();
  await planeServer.stop();
});

const start = (env: Record<string, string> = {}) =>
  startNode(home, {
    args: ["--password-file", passwordFile],
    env: { ...ANY_PORTS, ...env },
  });

function variables(port: number): Record<string, string> {
  return {
    NODE_ID: "berlin-1",
    NODE_KEY_ID: node.npub,
    NODE_PRIVATE_KEY_PEM: nsecEncode(KEY),
    NODE_ENDPOINT: `http://127.0.0.1:${port}`,
    NODE_PORT: String(port),
    ROUTER_ENDPOINT: router.url,
    ROUTER_KEY_ID: router.identity.npub,
    NODE_HEARTBEAT_MS: "500",
    NODE_ADMIN_KEY: "admin-canary",
  };
}

test("fed_AI's environment file: one command, and its router's requests are served", async () => {
  const file = join(home, "node.env");
  writeFileSync(
    file,
    Object.entries(variables(await unusedPort()))
      .map((pair) => pair.join("="))
      .join("\n"),
  );
  const done = await fxn(["networks", "import", "fedai", file, "--home", home, "--password-file", passwordFile]);
  expect(done).toMatchObject({ code: 0 });
  expect(done.stdout).toContain("NODE_ADMIN_KEY: not carried over");
  expect(done.stdout).toContain("networks.function.enabled: false");
  const config = readFileSync(join(home, "config.yaml"), "utf8");
  for (const text of [done.stdout, done.stderr, config]) {
    expect(text).not.toContain("nsec1");
    expect(text).not.toContain("admin-canary");
  }
  await start();
  await until(() => router.active().length === 1, 20_000);
  expect(router.active()[0]?.descriptor).toMatchObject({ nodeId: "berlin-1", keyId: node.npub });
  expect(await router.infer(ASK)).toMatchObject({ status: 200, output: "t0t1t2" });
  expect(existsSync(join(home, "nodekey.json"))).toBeFalse();
});

test("a home without model_backend.yaml gets the models of the runner that the file names: one command, and it serves", async () => {
  await saveCheapKey(home, "fedai", KEY.toString("hex"), "long enough", "nostr");
  const runner = await ModelServer.start();
  const file = join(home, "node.env");
  const more = { NODE_RUNNER: "vllm", NODE_VLLM_URL: `${runner.url}/`, NODE_VLLM_API_KEY: "key-canary" };
  const lines = Object.entries({ ...variables(await unusedPort()), ...more }).map((pair) => pair.join("="));
  writeFileSync(file, lines.join("\n"));
  rmSync(join(home, "model_backend.yaml"));
  const done = await fxn(["networks", "import", "fedai", file, "--home", home, "--password-file", passwordFile]);
  expect(done).toMatchObject({ code: 0 });
  expect(done.stdout).toContain(`wrote  ${join(home, "model_backend.yaml")}`);
  expect(done.stdout).not.toContain("key-canary");
  await start();
  await until(() => router.active().length === 1, 20_000);
  expect(await router.infer({ ...ASK, requestId: "r3" })).toMatchObject({ status: 200, output: "t0t1t2t3t4" });
  expect(runner.calls.at(-1)?.headers.authorization).toBe("Bearer key-canary");
  runner.stop();
});

test("the same variables at a start serve without a file, and `config show` says where each came from", async () => {
  const env = { ...variables(await unusedPort()), FXN_NETWORKS_FUNCTION_ENABLED: "false" };
  const shown = await fxn(["config", "show", "--origin", "--home", home], { env });
  expect(shown.stdout).toMatch(/networks\.fedai\.nodeId\s.*berlin-1\s.*\$NODE_ID/);
  expect(shown.stdout).not.toContain("nsec1");
  await start(env);
  await until(() => router.active().length === 1, 20_000);
  expect(await router.infer({ ...ASK, requestId: "r2" })).toMatchObject({ status: 200, output: "t0t1t2" });
});

test("a new home and nothing but those variables: a node of that network alone, which needs no key of another", async () => {
  await startNode(home, { env: { ...ANY_PORTS, ...variables(await unusedPort()) } });
  await until(() => router.active().length === 1, 20_000);
  expect(await router.infer({ ...ASK, requestId: "r4" })).toMatchObject({ status: 200, output: "t0t1t2" });
  expect(existsSync(join(home, "nodekey.json"))).toBeFalse();
  expect(parse(readFileSync(join(home, "config.yaml"), "utf8"))).toEqual({
    networks: { function: { enabled: false } },
  });
});

test("a new home where the Function Network is off by its variable needs no key of it", async () => {
  const env = {
    ...variables(await unusedPort()),
    FXN_NETWORKS_FUNCTION_ENABLED: "false",
    ...ANY_PORTS,
  };
  const running = await startNode(home, { env });
  expect(existsSync(join(home, "nodekey.json"))).toBeFalse();
  await running.kill();
  // On again it has its key as any new home has, and so asks for the password.
  const on = await fxn(["start", "--home", home], { env: { ...env, FXN_NETWORKS_FUNCTION_ENABLED: "true" } });
  expect(on).toMatchObject({ code: 77 });
});

test("Infernet's config.json: one command, and its jobs are run", async () => {
  const file = join(home, "config.json");
  const config = {
    controlPlane: { url: planeServer.url },
    node: {
      id: null,
      nodeId: "provider-0f44326c",
      role: "provider",
      name: "edge-01",
      publicKey: node.pubkey,
      privateKey: KEY.toString("hex"),
      address: null,
      port: 46_337,
    },
    supabase: { url: planeServer.url, serviceRoleKey: "service-canary" },
    intervals: { heartbeatMs: 300, pollMs: 100, commandMs: 500 },
  };
  writeFileSync(file, JSON.stringify(config));
  const done = await fxn(["networks", "import", "infernet", file, "--home", home, "--password-file", passwordFile]);
  expect(done).toMatchObject({ code: 0 });
  for (const text of [done.stdout, readFileSync(join(home, "config.yaml"), "utf8")]) {
    expect(text).not.toContain("service-canary");
    expect(text).not.toContain(KEY.toString("hex"));
  }
  const running = await start();
  const serves = () =>
    plane.store.rows.some(
      ({ node_id: id, specs }) => id === "provider-0f44326c" && /"tiny"/.test(JSON.stringify(specs)),
    );
  await until(serves, 20_000);
  const body = JSON.stringify({ messages: [{ role: "user", content: "Hello!" }], modelName: "tiny" });
  const reply = await fetch(`${planeServer.url}/api/chat`, { method: "POST", body });
  const { jobId }: { jobId: string } = JSON.parse(await reply.text());
  await until(() => plane.store.jobs.get(jobId)?.status === "completed", 20_000);
  expect(plane.store.jobs.get(jobId)).toMatchObject({ completed: 1, result: { type: "chat", text: "t0t1t2" } });
  expect(await running.stop()).toBe(0);
  expect(plane.store.rows[0]?.status).toBe("offline");
});

test("an import changes what the file says and nothing else, and shows no password", async () => {
  await saveCheapKey(home, "fedai", KEY.toString("hex"), "long enough", "nostr");
  const before =
    "networks:\n  fedai:\n    payments: { required: true, feeMaxSats: 3 }\n    access: { block: [ROUTER] }\n";
  writeFileSync(join(home, "config.yaml"), before.replace("ROUTER", router.identity.npub));
  const file = join(home, "node.env");
  const lines = [
    `NODE_PRIVATE_KEY_PEM=${nsecEncode(KEY)}`,
    "NODE_LN_VERIFY_URL=http://127.0.0.1:9/verify?key=canary-1",
    "NODE_NONCE_STORE_URL=postgres://user:canary-2@127.0.0.1/x",
    `NODE_ROUTER_MUTE=${router.identity.npub}`,
  ];
  writeFileSync(file, lines.join("\n"));
  const done = await fxn(["networks", "import", "fedai", file, "--home", home, "--password-file", passwordFile]);
  expect(done).toMatchObject({ code: 0 });
  expect(done.stdout).not.toContain("canary");
  const { networks } = parse(readFileSync(join(home, "config.yaml"), "utf8"));
  expect(networks.fedai).toMatchObject({
    payments: { required: true, feeMaxSats: 3, verify: { url: "http://127.0.0.1:9/verify?key=canary-1" } },
    access: { block: [router.identity.npub] },
  });
});

test("a network whose key is missing says so, and stops no other", async () => {
  writeConfig(home, {
    rpcProvider: "http://127.0.0.1:9",
    networks: { fedai: { enabled: true, access: { open: true } } },
  });
  writeGoKey(home, vectors.keys.node);
  await start();
  const shown = await fxn(["networks", "status", "--home", home]);
  expect(shown.code).toBe(1);
  expect(shown.stdout).toContain("fedai: NOT READY");
  expect(shown.stdout).toContain("nostr.json");
});

test("an unknown network, a missing file, and garbage say so and change nothing", async () => {
  const tries = [
    ["nostr", "x.env"],
    ["fedai", "missing.env"],
    ["infernet", join(home, "password")],
  ];
  for (const [network = "", file = ""] of tries) {
    const done = await fxn(["networks", "import", network, file, "--home", home, "--password-file", passwordFile]);
    expect(done.code).toBe(1);
    expect(done.stderr).not.toContain("    at ");
  }
  expect(existsSync(join(home, "config.yaml"))).toBeFalse();
  expect(existsSync(join(home, "keys"))).toBeFalse();
});
