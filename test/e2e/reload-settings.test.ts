// Every setting that is said to be taken over by a reload is, seen from outside; every other is named by --dry-run.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { parseAddress } from "../../src/core/address.ts";
import { BOOK } from "../../src/networks/config.ts";
import { OWN_NETWORKS } from "../../src/networks/index.ts";
import { type AlertReceivers, startAlertReceivers } from "../fakes/alert-receivers.ts";
import { type Behaviour, hang, healthy, json, ModelServer, stream, USAGE } from "../fakes/model-server.ts";
import { type OtlpCollector, startCollector } from "../fakes/otlp-collector.ts";
import { type Chain, startChain } from "../sandbox/chain.ts";
import { signedHeaders } from "../sandbox/gateway.ts";
import { type RpcProxy, startRpcProxy } from "../sandbox/rpc-proxy.ts";
import vectors from "../vectors/function.json";
import { ask as challenge, matrix, PRODUCT } from "./matrix.ts";
import { fxn } from "./node.ts";
import { until } from "./until.ts";
import { account, CHAT, chatBody, openWorld, outcome, type World } from "./world.ts";

/** Enough connections for every worker to have answered some. */
const MANY = 12;
const linux = process.platform === "linux";

let world: World;
let proxy: RpcProxy;
let twin: Chain;
let receivers: AlertReceivers;
let collector: OtlpCollector;
let other: ModelServer;

beforeAll(async () => {
  world = await openWorld({ config: { server: { workers: linux ? 2 : 1 } } });
  twin = await startChain({ chainId: 31_338 });
  proxy = startRpcProxy(world.chain.rpcUrl);
  receivers = startAlertReceivers("tk_1");
  collector = startCollector("key");
  other = await ModelServer.start(json("198.51.100.7"));
});
beforeEach(() => {
  world.model.behave = plain;
});
afterAll(async () => {
  await world.close();
  await Promise.all([twin.stop(), proxy.stop()]);
  receivers.stop();
  collector.stop();
  other.stop();
});

const plain: Behaviour = (received, response) =>
  (received.method === "GET" ? healthy : json({ usage: USAGE }))(received, response);

type Change = Readonly<Record<string, unknown>>;

/** Writes the file anew: as the world began, but for what is said. @returns what the reload says */
async function reload(change: Change, ...more: string[]) {
  base ??= readFileSync(join(world.home, "config.yaml"), "utf8");
  writeFileSync(join(world.home, "config.yaml"), stringify(merged(parse(base), change)));
  return fxn(["reload", "--home", world.home, ...more]);
}
let base: string | undefined;

/** Section by section; undefined takes away. */
function merged(into: Record<string, unknown>, change: Change): Record<string, unknown> {
  const section = (value: unknown) => z.record(z.string(), z.unknown()).safeParse(value).data;
  return Object.fromEntries(
    [...new Set([...Object.keys(into), ...Object.keys(change)])].flatMap((key) => {
      if (!(key in change)) return [[key, into[key]]];
      const [before, after] = [section(into[key]), section(change[key])];
      if (change[key] === undefined) return [];
      return [[key, after ? merged(before ?? {}, after) : change[key]]];
    }),
  );
}

/** How each of many requests ended, sorted and once. */
async function outcomes(one: () => Promise<Response>, count = MANY): Promise<string[]> {
  const all = await Promise.all(Array.from({ length: count }, () => one().then(outcome)));
  return [...new Set(all)].sort();
}
const chat = (change = {}, options = {}) => world.send(CHAT, chatBody(change), options);
const asked = (as: keyof typeof vectors.keys) => () =>
  world.send("/challenge", { type: "IDENTITY", payload: {} }, { as });
const metrics = async () => (await fetch(`${world.node.admin}/metrics`)).text();
const logged = (message: string) => world.node.log().split(`"msg":"${message}"`).length - 1;

interface Shown {
  readonly change: () => Change;
  /** Sees the effect in the node as it runs. */
  readonly shows: () => Promise<unknown>;
}

/** By the settings of a part that are changed together. */
const SHOWN: Readonly<Record<string, Shown>> = {
  "node.publicIp node.publicIpUrl challenges.reachableHosts": {
    change: () => ({
      node: { publicIp: undefined, publicIpUrl: `${other.url}/ip` },
      challenges: { reachableHosts: [new URL(other.url).host] },
    }),
    async shows() {
      other.behave = (_received, response) => void response.end("198.51.100.7");
      expect(await (await asked("scheduler")()).text()).toContain("198.51.100.7");
      const reached = await challenge(world, "ENDPOINT_REACHABLE", other.url);
      expect(await reached.json()).toEqual({ reachable: true });
    },
  },
  "node.trustedProxies": {
    change: () => ({ node: { trustedProxies: "127.0.0.1" } }),
    async shows() {
      await world.send(CHAT, chatBody(), { alterHeaders: (own) => ({ ...own, "X-Forwarded-For": "198.51.100.9" }) });
      await until(() => world.node.log().includes('"client":"198.51.100.9"'));
    },
  },
  "rpcProvider registry.routerSmartContractAddress registry.chainId": {
    change: () => ({
      rpcProvider: twin.rpcUrl,
      registry: { routerSmartContractAddress: twinRouter, chainId: 31_338 },
    }),
    async shows() {
      expect(await outcomes(chat)).toEqual(["401 caller_not_authorized"]);
      expect(await outcomes(() => chat({}, { as: "stranger" }))).toEqual(["200"]);
    },
  },
  schedulerAddress: {
    change: () => ({ schedulerAddress: vectors.keys.stranger.address }),
    async shows() {
      expect(await outcomes(asked("scheduler"))).toEqual(["401 caller_not_authorized"]);
      expect(await outcomes(asked("stranger"))).toEqual(["200"]);
    },
  },
  "registry.maxStale registry.gateway.pollInterval registry.provider.pollInterval": {
    change: () => ({
      rpcProvider: proxy.url,
      registry: { maxStale: "2s", gateway: { pollInterval: "1s" }, provider: { pollInterval: "1500ms" } },
    }),
    async shows() {
      expect(await metrics()).toMatch(/poll_interval_seconds\{registry="gateways"\} 1\n.*"providers"\} 1\.5/);
      proxy.misbehave(() => new Response("gone", { status: 502 }));
      await until(async () => (await outcomes(chat)).join() === "503 registry_stale", 20_000);
      proxy.misbehave(undefined);
      await until(async () => (await outcomes(chat)).join() === "200", 20_000);
    },
  },
  "registry.bypassAuth": {
    change: () => ({ registry: { bypassAuth: true } }),
    async shows() {
      const body = JSON.stringify(chatBody());
      const headers = { "content-type": "application/json" };
      const unsigned = () => fetch(`${world.node.url}${CHAT}`, { method: "POST", body, headers });
      expect(await outcomes(unsigned)).toEqual(["200"]);
      await world.node.logged("EVERY CALLER IS LET IN UNSIGNED: development only");
    },
  },
  "proxy.firstByteTimeout proxy.idleTimeout proxy.heartbeatInterval": {
    change: () => ({ proxy: { firstByteTimeout: "1s", idleTimeout: "1s", heartbeatInterval: "100ms" } }),
    async shows() {
      const silent = stream({ tokens: 1, end: "hang" });
      world.model.behave = (received, response) =>
        (received.method === "GET" ? healthy : received.body.includes('"stream"') ? silent : hang())(
          received,
          response,
        );
      expect(await outcomes(() => chat(), 4)).toEqual(["504 backend_timeout"]);
      const text = await (await chat({ stream: true })).text();
      expect(text).toMatch(/\n:[^\n]*\n[\s\S]*"error"/);
    },
  },
  "limits.openaiBody limits.challengeBody limits.bodyTimeout limits.bufferedBodies": {
    change: () => ({
      limits: { openaiBody: "1KB", challengeBody: "1KB", bodyTimeout: "300ms", bufferedBodies: "1KB" },
    }),
    async shows() {
      const long = "x".repeat(3000);
      expect(await outcomes(() => chat({ user: long }))).toEqual(["413 body_too_large"]);
      expect(await outcomes(() => challenge(world, "IDENTITY", long))).toEqual(["413 body_too_large"]);
      // Two bodies do not fit beside each other, and the one that has been arriving for longer is given up.
      const slow = await Promise.all(Array.from({ length: MANY }, () => halfABody(600)));
      expect(slow.filter((status) => status === 503).length).toBeGreaterThan(0);
      expect(slow.filter((status) => status === 408).length).toBeGreaterThan(0);
    },
  },
  "limits.requestsPerMinute limits.tokensPerMinute limits.concurrent": {
    change: () => ({ limits: { requestsPerMinute: 40, tokensPerMinute: 50, concurrent: 1 } }),
    async shows() {
      expect(await outcomes(chat)).toEqual(["200", "429 too_many_concurrent"]);
      const one = () => chat().then(outcome);
      let last = await one();
      for (let i = 0; i < 10 && last === "200"; i++) last = await one();
      expect(last).toBe("429 tokens_limited");
    },
  },
  "queue.size queue.timeout": {
    change: () => ({ queue: { size: 1, timeout: "200ms" } }),
    async shows() {
      const models = join(world.home, "model_backend.yaml");
      const before = readFileSync(models, "utf8");
      writeFileSync(models, before.replace("- url:", "- maxConcurrent: 1\n        url:"));
      expect(await reload(SHOWN["queue.size queue.timeout"]?.change() ?? {})).toMatchObject({ code: 0 });
      world.model.behave = (received, response) =>
        (received.method === "GET" ? healthy : stream({ tokens: 3, everyMs: 300 }))(received, response);
      const got = await outcomes(() => chat({ stream: true }).then(endOf));
      expect(got).toEqual(["200", "429 queue_full", "429 queue_timeout"]);
      writeFileSync(models, before);
    },
  },
  "health.interval health.timeout health.failures health.ejection health.maxEjection": {
    change: () => ({
      health: { interval: "100ms", timeout: "300ms", failures: 1, ejection: "200ms", maxEjection: "200ms" },
    }),
    async shows() {
      world.model.behave = (received, response) => (received.method === "GET" ? hang() : plain)(received, response);
      const left = /"forMs":(?:1\d\d|200)(?:\.\d+)?,"error":"[^"]*300 ms[^"]*"/;
      await until(() => left.test(world.node.log()));
      world.model.behave = plain;
      await until(async () => (await outcomes(chat)).join() === "200");
    },
  },
  "admin.token": {
    change: () => ({ admin: { token: "a-token-of-16-characters" } }),
    async shows() {
      const status = (headers = {}) => fetch(`${world.node.admin}/status`, { headers }).then((one) => one.status);
      expect(await status()).toBe(401);
      expect(await status({ authorization: "Bearer a-token-of-16-characters" })).toBe(200);
    },
  },
  "admin.tokenFile": {
    change() {
      writeFileSync(join(world.home, "token"), "another-token-of-a-file\n", { mode: 0o600 });
      return { admin: { tokenFile: "token" } };
    },
    async shows() {
      const headers = { authorization: "Bearer another-token-of-a-file" };
      expect((await fetch(`${world.node.admin}/status`)).status).toBe(401);
      expect((await fetch(`${world.node.admin}/status`, { headers })).status).toBe(200);
    },
  },
  "challenges.memory": {
    change: () => ({ challenges: { memory: "1MB" } }),
    async shows() {
      const matrices = { A: matrix(300, 300), B: matrix(300, 300) };
      const answer = await (await challenge(world, PRODUCT, matrices)).text();
      expect(answer).toContain("this node gives challenges 1 MB");
    },
  },
  "update.checkInterval update.from update.publicKey": {
    change: () => ({ update: { checkInterval: "1h", from: "/nonexistent", publicKey: "nonsense" } }),
    shows: () => until(() => logged("whether there is a newer fxn could not be found out") > 0),
  },
  "nonceCache.cleanupInterval": {
    change: () => ({ nonceCache: { cleanupInterval: "100ms" } }),
    async shows() {
      const before = logged("old nonces deleted");
      await until(() => logged("old nonces deleted") > before + 3);
    },
  },
  "tracing.otlpEndpoint tracing.otlpHeaders tracing.sampleRatio tracing.serviceName": {
    change: () => ({
      tracing: { otlpEndpoint: collector.url, otlpHeaders: "api-key=key", sampleRatio: 1, serviceName: "gpu-7" },
    }),
    async shows() {
      expect(await outcomes(chat)).toEqual(["200"]);
      expect(collector.refused).toEqual([]);
      // Whatever was not sent yet is when the next reload ends it.
      expect(await reload({})).toMatchObject({ code: 0, stderr: "" });
      await until(() => collector.spans.filter(({ name }) => name === "POST /v1/*").length === MANY);
      expect(collector.bodies.join("")).toContain("gpu-7");
      expect(await outcomes(chat)).toEqual(["200"]);
      await Bun.sleep(50);
      expect(collector.spans.filter(({ name }) => name === "POST /v1/*")).toHaveLength(MANY);
    },
  },
  "alerts.webhooks alerts.ntfy alerts.telegram alerts.deadMan.url alerts.deadMan.interval alerts.name alerts.after alerts.leastSeverity alerts.include alerts.exclude alerts.linkBase":
    {
      change: () => ({
        health: { interval: "200ms", failures: 1 },
        alerts: {
          webhooks: [{ url: `${receivers.url}/hook`, secret: "canary-secret" }],
          ntfy: [{ url: `${receivers.url}/topic`, token: "tk_1" }],
          telegram: [{ token: "1:none", chatId: "-100123", server: receivers.url }],
          deadMan: { url: `${receivers.url}/ping`, interval: "100ms" },
          ...{ name: "gpu-7", after: "1s", leastSeverity: "critical", linkBase: "https://docs.example" },
          ...{ include: "backend.*", exclude: "backend.models" },
        },
      }),
      async shows() {
        await until(() => receivers.pings.length > 2);
        world.model.behave = json({}, 503);
        await until(
          () => [receivers.webhooks, receivers.ntfy, receivers.telegram].every(({ length }) => length > 0),
          30_000,
        );
        const [alert] = receivers.webhooks[0]?.alerts ?? [];
        expect(alert?.labels).toMatchObject({ instance: "gpu-7", severity: "critical", check: "backend.answers" });
        expect(alert?.annotations.runbook_url).toStartWith("https://docs.example/");
      },
    },
  "networks.function.weight networks.function.places networks.function.quietHours": {
    change: () => ({ networks: { function: { weight: 3, places: 1, quietHours: ["00:00-23:59", "23:58-00:01"] } } }),
    async shows() {
      expect(await outcomes(chat)).toEqual(["503 network_rests"]);
    },
  },
};

/** Where a test sees those that cannot be seen here, and words that stand there. */
const ELSEWHERE: Readonly<Record<string, readonly [file: string, words: string]>> = {
  "logger.verbosity": ["test/e2e/reload.test.ts", "logger: { verbosity:"],
  "admin.allowedHosts": ["test/e2e/reload.test.ts", "allowedHosts:"],
  "proxy.maxIdleConns": ["src/lib/http-client.test.ts", "limits that change: proxy.maxIdleConns"],
  "proxy.idleConnTimeout": ["src/lib/http-client.test.ts", "proxy.idleConnTimeout"],
  "proxy.connectTimeout": ["src/lib/http-client.test.ts", "proxy.connectTimeout"],
  "challenges.threads": ["src/node/compute.test.ts", "challenges.threads and"],
  "challenges.softwareAdapter": ["src/node/compute.test.ts", "challenges.softwareAdapter: the next product"],
  "alerts.repeat": ["src/alerts/board.test.ts", "goes on by other options"],
  // By a GPU that is busy, which is not everywhere.
  "ownUse.gpuBusy": ["src/node/own-use.test.ts", "gpuBusy"],
  "ownUse.pause": ["src/node/own-use.test.ts", "pause"],
  // Read by commands, from the file as it is: fxn provider, fxn drain. The last one is read by nobody.
  "registry.gasPerDay": ["src/node/provider-account.ts", "gasPerDay"],
  "registry.maxFeePerGas": ["src/node/provider-account.ts", "maxFeePerGas"],
  "registry.scheduler.pollInterval": ["src/config/schema.ts", "Accepted for the Go node's files and not used"],
};
/** By a node that ends, which is why it comes last. */
const AT_THE_END = "shutdown.restartDeadline shutdown.deadline";

/** The gateway of the twin is the stranger. */
let twinRouter = "";
beforeAll(async () => {
  const stranger = parseAddress(vectors.keys.stranger.address) ?? expect.unreachable();
  await twin.addGateway(stranger);
  // A Router of its own, so that the address is another one.
  twinRouter = await twin.deployRouter(twin.gatewayRegistry, twin.providerRegistry);
});

/** The whole answer, so that a place is free again. */
async function endOf(response: Response): Promise<Response> {
  const text = await response.text();
  return new Response(response.status === 200 ? "{}" : text, { status: response.status });
}

/** Sends a signed request whose body stops in the middle. @returns the status that it gets */
async function halfABody(bytes: number): Promise<number> {
  const body = "x".repeat(2 * bytes);
  const headers = { ...(await signedHeaders(account("gateway"), body)), "Content-Length": String(bytes + 300) };
  const { hostname, port } = new URL(world.node.url);
  const socket = connect(Number(port), hostname);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST ${CHAT} HTTP/1.1\r\nHost: node\r\n${lines.join("")}\r\n${body.slice(0, bytes)}`);
  const [first = ""] = await Array.fromAsync(socket.setEncoding("utf8").take(1));
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(String(first))?.[1]);
}

describe("a reload takes over", () => {
  for (const [settings, { change, shows }] of Object.entries(SHOWN)) {
    test(settings, async () => {
      const { code, stdout, stderr } = await reload(change());
      expect([code, stderr]).toEqual([0, ""]);
      for (const setting of settings.split(" ")) expect(stdout).toMatch(new RegExp(`^${setting}: `, "m"));
      expect(stdout).not.toContain("needs a restart");
      expect(stdout).not.toContain("canary");
      await shows();
    }, 60_000);
  }

  test(AT_THE_END, async () => {
    const endless = stream({ tokens: 10_000, everyMs: 50 });
    world.model.behave = (received, response) => (received.method === "GET" ? healthy : endless)(received, response);
    expect(await reload({ shutdown: { restartDeadline: "300ms" } })).toMatchObject({ code: 0 });
    if (linux) {
      const streaming = (await chat({ stream: true })).text().catch(() => "cut");
      expect(await fxn(["restart", "--home", world.home])).toMatchObject({ code: 0 });
      await streaming;
      await until(() => logged("deadline reached: answers were cut off") === 1);
    }
    const cuts = logged("deadline reached: answers were cut off");
    expect(await reload({ shutdown: { deadline: "300ms" } })).toMatchObject({ code: 0 });
    const streaming = (await chat({ stream: true })).text().catch(() => "cut");
    world.node.signal("SIGTERM");
    await streaming;
    await world.node.exited;
    expect(logged("deadline reached: answers were cut off")).toBe(cuts + 1);
    expect(await reload({})).toMatchObject({ code: 1 });
    await world.restart();
    world.model.behave = plain;
    await world.node.ready();
  }, 60_000);

  test("every setting that says so is shown: here, elsewhere, or by a network that begins anew with it", () => {
    const own = OWN_NETWORKS.map(({ id }) => `networks.${id}.`);
    const taken = BOOK.settings
      .filter(({ role, reloadable }) => reloadable && role !== "section")
      .map(({ path }) => path.replace(/\[\].*$/, ""))
      .filter((path) => !own.some((prefix) => path.startsWith(prefix)));
    const here = [...Object.keys(SHOWN), AT_THE_END].flatMap((settings) => settings.split(" "));
    const shown = [...here, ...Object.keys(ELSEWHERE)];
    expect([...new Set(taken)].filter((path) => !shown.includes(path))).toEqual([]);
    expect(shown.filter((path) => !taken.includes(path))).toEqual([]);
    for (const [file, words] of Object.values(ELSEWHERE))
      expect(readFileSync(join(import.meta.dir, "../..", file), "utf8")).toContain(words);
  });
});

test("refused with what both files and provisioning have against it; the old one runs on", async () => {
  const models = join(world.home, "model_backend.yaml");
  const before = readFileSync(models, "utf8");
  writeFileSync(models, before.replace("- url:", "- weight: heavy\n        url:"));
  const infernet = { enabled: true, url: "http://127.0.0.1:1", account: "nowhere" };
  const { code, stderr } = await reload({ rpcProvider: twin.rpcUrl, networks: { infernet } });
  expect(code).toBe(78);
  expect(stderr).toMatch(/model_backend\.yaml:\d+:\d+: models\[0\]\.backends\[0\]\.weight/);
  expect(stderr).toMatch(/the registries cannot be read: .*on chain 31338, expected 31337/);
  expect(stderr).toContain("nowhere");
  expect(stderr).toContain("The node goes on as it was.");
  expect(await outcomes(chat)).toEqual(["200"]);
  writeFileSync(models, before);
}, 60_000);

test("every other is named by --dry-run, once, with what it needs; and changes nothing", async () => {
  const change = {
    node: {
      ...{ listenAddress: "127.0.0.2", listenPort: 1 },
      tls: { certFile: "a.crt", keyFile: "a.key", clientCaFile: "ca.crt" },
    },
    ...{ server: { workers: 7 }, logger: { format: "human" }, admin: { listen: "127.0.0.1:2" } },
    ...{ auth: { maxClockSkew: "1m" }, nonceCache: { ttl: "9m", maxPerCaller: 5 } },
    ...{
      store: { url: "redis://127.0.0.1:1", timeout: "3s", prefix: "other" },
      keystore: { passwordFile: "password" },
    },
    networks: { function: { enabled: false } },
  };
  const { code, stdout } = await reload(change, "--dry-run", "--json");
  const effects = z
    .object({ effects: z.array(z.object({ kind: z.string(), of: z.string(), text: z.string() })) })
    .parse(JSON.parse(stdout)).effects;
  const waiting = effects.filter(({ kind }) => kind === "needs_restart");
  const fixed = BOOK.settings.filter(({ role, reloadable }) => role !== "section" && !reloadable);
  expect([code, waiting.map(({ of }) => of).sort()]).toEqual([0, fixed.map(({ path }) => path).sort()]);
  for (const { of, text } of waiting) expect(text).toStartWith(`${of} needs a restart (fxn restart)`);
  const shown = await fxn(["config", "show", "--home", world.home]);
  expect(shown.stderr).toContain("the running node differs: ");
  expect(shown.stderr).toContain("restart pending: node.listenAddress, node.listenPort, node.tls.certFile");
  const status = await fxn(["status", "--home", world.home]);
  expect(status.stdout).toMatch(/^config {7}restart pending: node\.listenAddress, node\.listenPort.*; fxn restart$/m);
  expect(await outcomes(chat)).toEqual(["200"]);
}, 60_000);

test("attack: a file that names a loopback address does not open a node that listens elsewhere to everybody", async () => {
  await world.node.stop();
  const path = join(world.home, "config.yaml");
  writeFileSync(path, stringify(merged(parse(base ?? ""), { node: { listenAddress: "0.0.0.0" } })));
  await world.restart();
  const { code, stderr } = await reload({ registry: { bypassAuth: true } });
  expect([code, stderr]).toEqual([1, expect.stringContaining("true lets everyone in who reaches 0.0.0.0")]);
  const { port } = new URL(world.node.url);
  const headers = { "content-type": "application/json" };
  const unsigned = await fetch(`http://127.0.0.1:${port}${CHAT}`, { method: "POST", body: "{}", headers });
  expect(unsigned.status).toBe(401);
}, 60_000);
