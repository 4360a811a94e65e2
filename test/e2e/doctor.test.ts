// fxn doctor and fxn why through the compiled binary: one world that is well, and for each check one way to make it red.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { type Address, parseAddress } from "../../src/core/address.ts";
import { systemClock } from "../../src/core/clock.ts";
import { formatGoNodeKey } from "../../src/keys/go-nodekey.ts";
import { nostrFromKey } from "../../src/keys/nostr.ts";
import { CHECK_TEXTS } from "../../src/node/checks/index.ts";
import { CERTIFICATE, CERTIFICATE_KEY } from "../fakes/certificate.ts";
import { FakeFedaiRouter } from "../fakes/fedai-router.ts";
import { healthy, json } from "../fakes/model-server.ts";
import { type RpcProxy, startRpcProxy } from "../sandbox/rpc-proxy.ts";
import vectors from "../vectors/function.json";
import { fxn, makeHome, removeHome, startNode } from "./node.ts";
import { until } from "./until.ts";
import { unusedPort } from "./unused-port.ts";
import { CHAT, chatBody, openWorld, type World } from "./world.ts";

const finding = z.object({
  id: z.string(),
  title: z.string(),
  state: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  link: z.string(),
});
const examined = z.object({ schema: z.literal(1), well: z.boolean(), checks: z.array(finding) });
const why = z.object({
  schema: z.literal(1),
  answer: finding.nullable(),
  red: z.array(finding),
  yellow: z.array(finding),
  traffic: z.object({ lastAt: z.number().nullable(), requests: z.number(), ok: z.number() }).nullable(),
});

let world: World;
/** Between the node and the chain: misbehaves as a test says. */
let proxy: RpcProxy;
let router: FakeFedaiRouter;
let self: Address;
const homes: string[] = [];
/** A disk with room for less than a day's ledger; undefined where this user may not mount one. */
const SMALL_DISK = smallDisk();

const inHome = (name: string) => join(world.home, name);
const registeredAt = (url: string) => world.chain.setProviderMetadata(self, JSON.stringify({ url }));
/** Where it can be reached indeed. */
const registeredWell = () => registeredAt(world.node.url.replace("127.0.0.1", "localhost"));

/** Changes config.yaml on the disk alone. @returns what undoes it */
function configured(change: (config: Record<string, unknown>) => object): () => void {
  const path = inHome("config.yaml");
  const before = readFileSync(path, "utf8");
  writeFileSync(path, stringify({ ...parse(before), ...change(parse(before)) }));
  return () => writeFileSync(path, before);
}

async function examine(home = world.home, ...more: string[]) {
  const { code, stdout, stderr } = await fxn(["doctor", "--home", home, "--json", ...more]);
  expect(stderr).toBe("");
  const { well, checks } = examined.parse(JSON.parse(stdout));
  expect([code, well]).toEqual(checks.some(({ state }) => state === "fail") ? [1, false] : [0, true]);
  return checks;
}

async function askWhy(home = world.home) {
  const { code, stdout, stderr } = await fxn(["why", "--home", home, "--json"]);
  expect(stderr).toBe("");
  const found = why.parse(JSON.parse(stdout));
  expect(code).toBe(found.answer ? 1 : 0);
  return found;
}

/** Until the node that runs there has read the registries. */
function untilFresh(home: string): Promise<void> {
  return until(async () => (await examine(home, "--only", "registry.fresh"))[0]?.state === "ok");
}

/** The same home without its node. */
function copyOfHome(parent = makeHome()): string {
  homes.push(parent);
  for (const name of ["config.yaml", "model_backend.yaml", "nodekey.json", "keys"])
    cpSync(inHome(name), join(parent, name), { recursive: true });
  return parent;
}

beforeAll(async () => {
  self = parseAddress(vectors.keys.node.address) ?? expect.unreachable();
  router = new FakeFedaiRouter(nostrFromKey(Buffer.alloc(32, 9)), systemClock);
  const port = await unusedPort();
  world = await openWorld({
    prepare(home) {
      mkdirSync(join(home, "keys"), { mode: 0o700 });
      writeFileSync(join(home, "keys", "nostr.json"), formatGoNodeKey(Buffer.alloc(32, 7)), { mode: 0o600 });
    },
    config: {
      registry: { maxStale: "10s", gateway: { pollInterval: "1s" }, provider: { pollInterval: "1s" } },
      challenges: { reachableHosts: ["localhost", "127.0.0.1", "127.0.0.2"] },
      health: { interval: "1s", failures: 100 },
      networks: {
        fedai: {
          enabled: true,
          listen: `127.0.0.1:${port}`,
          endpoint: `http://127.0.0.1:${port}`,
          routers: [{ endpoint: router.url, key: router.identity.npub }],
          heartbeat: { interval: "500ms" },
        },
      },
    },
  });
  await world.node.stop();
  proxy = startRpcProxy(world.chain.rpcUrl);
  // Where its public IP is asked, nobody tells it yet.
  configured(() => ({ rpcProvider: proxy.url, node: { listenPort: 0, publicIpUrl: `${world.model.url}/ip` } }));
  await world.restart();
  await until(() => router.active().length === 1, 20_000);
});
afterAll(async () => {
  await world.close();
  await proxy.stop();
  router.stop();
  if (SMALL_DISK) spawnSync("umount", [SMALL_DISK]);
  for (const home of homes) removeHome(home);
});

/** What the kind of the model server in this world brings. */
const KEY = "backend.openai.key";

/** Makes one check red, for the reason that its message names. @returns what undoes it, or a home that is red by itself */
type Red = () => Promise<(() => unknown) | { home: string }>;

const gone = () => new Response("gone", { status: 502 });

const REDS: Readonly<Record<string, [make: Red, message: RegExp]>> = {
  "config.valid": [
    async () => configured(() => ({ node: { listenPrt: 1 } })),
    /listenPrt: unknown key, did you mean "listenPort"/,
  ],
  "config.networks": [
    async () => configured(() => ({ networks: { function: { enabled: false } } })),
    /every network is off/,
  ],
  "key.mode": [
    async () => {
      chmodSync(inHome("nodekey.json"), 0o644);
      return () => chmodSync(inHome("nodekey.json"), 0o600);
    },
    /nodekey\.json can be read or changed by other users \(mode 0644\)/,
  ],
  "key.file": [
    async () => {
      renameSync(inHome("nodekey.json"), inHome("away.json"));
      return () => renameSync(inHome("away.json"), inHome("nodekey.json"));
    },
    /There is no key at .*nodekey\.json/,
  ],
  "key.password": [
    async () => {
      const other = makeHome();
      homes.push(other);
      for (const name of ["right", "wrong"]) writeFileSync(join(other, name), `${name} password`, { mode: 0o600 });
      const home = copyOfHome();
      rmSync(join(home, "nodekey.json"));
      const made = await fxn(["accounts", "new", "--home", home, "--password-file", join(other, "right")]);
      expect(made.code).toBe(0);
      const undo = configured(() => ({ keystore: { passwordFile: join(other, "wrong") } }));
      cpSync(inHome("config.yaml"), join(home, "config.yaml"));
      undo();
      return { home };
    },
    /^The password does not open \S+nodekey\.json$/,
  ],
  "disk.space": [
    async () => {
      return { home: copyOfHome(SMALL_DISK) };
    },
    /^5\d MB are free$/,
  ],
  "clock.skew": [
    async () => {
      const inTenMinutes = Math.floor(Date.now() / 1000) + 600;
      proxy.misbehave(({ id, method }) =>
        method === "eth_getBlockByNumber"
          ? Response.json({ jsonrpc: "2.0", id, result: { timestamp: `0x${inTenMinutes.toString(16)}` } })
          : undefined,
      );
      return () => proxy.misbehave(undefined);
    },
    /^it is (59\d|60\d) s behind, by 1 server$/,
  ],
  // A node that runs goes on with what it had: this one would not start.
  "tls.files": [
    async () => {
      const home = copyOfHome();
      const path = join(home, "config.yaml");
      const config = parse(readFileSync(path, "utf8"));
      const tls = { certFile: "gone.crt", keyFile: "gone.key" };
      writeFileSync(path, stringify({ ...config, node: { ...config.node, tls } }));
      return { home };
    },
    /^node\.tls\.certFile: .*gone\.crt cannot be read \(ENOENT\)/,
  ],
  "node.running": [async () => ({ home: copyOfHome() }), /^no node runs on /],
  "dns.name": [
    async () => {
      await registeredAt("https://fxn.invalid");
      return registeredWell;
    },
    /^fxn\.invalid does not resolve$/,
  ],
  "listen.address": [
    async () => {
      await registeredAt(world.node.url.replace("127.0.0.1", "127.0.0.2"));
      return registeredWell;
    },
    /^the node listens on 127\.0\.0\.1:\d+ only, and nobody takes calls to 127\.0\.0\.2:\d+$/,
  ],
  "port.reachable": [
    async () => {
      await registeredAt(`http://127.0.0.1:${await unusedPort()}`);
      return registeredWell;
    },
    /^127\.0\.0\.1:\d+ takes no connection: .*ECONNREFUSED/,
  ],
  "tls.certificate": [
    async () => {
      const server = createServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      await registeredAt(`https://127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
      return async () => {
        server.close();
        await registeredWell();
      };
    },
    /certificate|UNABLE_TO/i,
  ],
  "public.health": [
    async () => {
      await registeredAt(world.model.url);
      return registeredWell;
    },
    /^something else answers at 127\.0\.0\.1:\d+$/,
  ],
  "rpc.answers": [
    async () => {
      proxy.misbehave(gone);
      return () => proxy.misbehave(undefined);
    },
    /^RPC 127\.0\.0\.1:\d+: .*502/,
  ],
  "registry.gateways": [
    async () => {
      const gateway = parseAddress(vectors.keys.gateway.address) ?? expect.unreachable();
      await world.chain.pauseGateway(gateway);
      return () => world.chain.unpauseGateway(gateway);
    },
    /^no gateway is listed/,
  ],
  "registry.fresh": [
    async () => {
      const undo = configured(() => ({ rpcProvider: world.chain.rpcUrl }));
      proxy.misbehave(gone);
      await until(async () => (await examine(world.home, "--only", "registry.fresh"))[0]?.state === "fail", 30_000);
      return async () => {
        proxy.misbehave(undefined);
        undo();
        await untilFresh(world.home);
      };
    },
    /^(gateways|providers|gateways, providers): RPC .*502/,
  ],
  "provider.url": [
    async () => {
      await world.chain.setProviderMetadata(self, "{}");
      return registeredWell;
    },
    /metadata has no url/,
  ],
  "provider.paused": [
    async () => {
      await world.chain.pauseProvider(self);
      return () => world.chain.unpauseProvider(self);
    },
    /^the registration is paused/,
  ],
  "provider.stake": [
    async () => {
      await world.chain.setProviderActive(self, false);
      return () => world.chain.setProviderActive(self, true);
    },
    /^the registration is not active: too little is staked/,
  ],
  "models.configured": [
    async () => {
      renameSync(inHome("model_backend.yaml"), inHome("away.yaml"));
      return () => renameSync(inHome("away.yaml"), inHome("model_backend.yaml"));
    },
    /^no model is configured$/,
  ],
  "backend.answers": [
    async () => {
      world.model.behave = json({}, 503);
      return () => {
        world.model.behave = healthy;
      };
    },
    /^http:.*: the health probe was answered 503; nothing serves tiny$/,
  ],
  "backend.models": [
    async () => {
      world.model.behave = (received, response) =>
        (received.path === "/v1/models" ? json({ data: [{ id: "other" }] }) : healthy)(received, response);
      return () => {
        world.model.behave = healthy;
      };
    },
    /^http:\/\/127\.0\.0\.1:\d+ does not have tiny$/,
  ],
  // Another node on another home, whose store does not answer: nothing else would say so.
  "node.ready": [
    async () => {
      const home = copyOfHome();
      const path = join(home, "config.yaml");
      const config = parse(readFileSync(path, "utf8"));
      const store = { url: `redis://127.0.0.1:${await unusedPort()}` };
      writeFileSync(path, stringify({ ...config, store, networks: {} }));
      await startNode(home);
      await untilFresh(home);
      return { home };
    },
    /store/,
  ],
  "prompt.answered": [
    async () => {
      world.model.behave = (received, response) =>
        (received.path === CHAT ? json({ error: { message: "out of memory" } }, 500) : healthy)(received, response);
      return () => {
        world.model.behave = healthy;
      };
    },
    /^tiny: answered 500: .*out of memory/,
  ],
  "challenge.answered": [
    async () => {
      const challenge = () =>
        world.send("/challenge", { type: "IDENTITY", payload: {} }, { as: "scheduler" }).then(({ status }) => status);
      expect(await challenge()).toBe(500);
      return async () => {
        world.model.behave = (received, response) =>
          (received.path === "/ip" ? json("203.0.113.7") : healthy)(received, response);
        expect(await challenge()).toBe(200);
        world.model.behave = healthy;
      };
    },
    /^IDENTITY failed \d+s ago: this node could not find out its public IP$/,
  ],
  // A network's own, of which nothing is known here but that it is on; of the others: why-networks.test.ts.
  "fedai.router": [
    async () => {
      const undo = router.skew;
      router.skew = 3_600_000;
      return () => {
        router.skew = undo;
      };
    },
    /^the clock of the router at 127\.0\.0\.1:\d+ is (3599|3600|3601) s from ours$/,
  ],
};

describe("doctor: each check has a test in which it is red for the right reason, and `fxn why` names that reason first", () => {
  test("provider.registered: before anybody has registered this node", async () => {
    const { answer } = await askWhy();
    expect(answer).toMatchObject({
      id: "provider.registered",
      message: "this node's address is not registered as a provider",
      hint: "Register it: fxn provider register",
      link: "README.md#check-provider-registered",
    });
    const { state, message } = (await examine()).find(({ id }) => id === "dns.name") ?? expect.unreachable();
    expect([state, message]).toEqual(["skip", "not asked, since provider.registered is red"]);
    await world.chain.addProvider(self);
    await registeredWell();
  });

  test("a node that is well: every check of the table is asked, and nothing is red", async () => {
    await until(async () => (await world.send("/v1/models", "", { method: "GET" })).status === 200);
    expect((await world.send(CHAT, chatBody())).status).toBe(200);
    const before = stateOfHome();
    const checks = await examine();
    expect(checks.filter(({ state }) => state === "fail")).toEqual([]);
    // Of each kind of model server that there is; it stands behind what all kinds are asked.
    expect(checks).toContainEqual(expect.objectContaining({ id: KEY, state: "ok" }));
    const ids = checks.map(({ id }) => id).filter((id) => id !== KEY);
    const table = CHECK_TEXTS.map(({ id }) => id);
    expect(ids.slice(0, table.length)).toEqual(table);
    expect(ids.slice(table.length)).toContain("fedai.session");
    expect(ids.slice(table.length).every((id) => id.startsWith("fedai."))).toBe(true);
    const green = checks.filter(({ state }) => state === "ok").map(({ id }) => id);
    // Plain http is yellow and has no files, the key has no password, nobody tells its public IP; nobody has challenged it, or asked for a stream.
    expect(table.filter((id) => !green.includes(id))).toEqual([
      ...["key.password", "tls.files", "tls.certificate", "public.ip", "challenge.answered", "tokens.first"],
    ]);
    expect(stateOfHome()).toEqual(before);

    const { answer, red, traffic } = await askWhy();
    expect([answer, red]).toEqual([null, []]);
    // The prompts of the doctor and of why are not counted.
    expect(traffic).toMatchObject({ requests: 1, ok: 1 });
    const rows = await fxn(["ledger", "--home", world.home, "--by", "caller", "--json"]);
    const callers = z.object({ rows: z.array(z.object({ caller: z.string() })) }).parse(JSON.parse(rows.stdout));
    expect(callers.rows.map(({ caller }) => caller).sort()).toEqual([
      vectors.keys.gateway.address.toLowerCase(),
      "rehearsal",
    ]);
  });

  for (const [id, [make, message]] of Object.entries(REDS)) {
    test.skipIf(id === "disk.space" && SMALL_DISK === undefined)(id, async () => {
      const made = await make();
      try {
        const { answer } = await askWhy(typeof made === "object" ? made.home : undefined);
        expect({ id: answer?.id, message: answer?.message }).toEqual({ id, message: expect.stringMatching(message) });
        expect(answer?.hint).toBeTruthy();
      } finally {
        if (typeof made === "function") await made();
      }
      await until(async () => (await fxn(["status", "--ready", "--home", world.home])).code === 0);
    });
  }

  test("why names a URL that is dead behind an open port: TLS is asked of a node that has none, a proxy that only hangs", async () => {
    const hanging = Bun.listen({ port: 0, hostname: "127.0.0.1", socket: { data() {} } });
    const dead: [string, string, RegExp][] = [
      [world.node.url.replace("http:", "https:"), "tls.certificate", /takes connections, but no TLS handshake/],
      [`http://127.0.0.1:${hanging.port}`, "public.health", /a connection is taken, but nothing answers: .*5000 ms/],
    ];
    for (const [url, id, message] of dead) {
      await registeredAt(url);
      const { answer } = await askWhy();
      expect([answer?.id, answer?.message]).toEqual([id, expect.stringMatching(message)]);
    }
    hanging.stop(true);
    await registeredWell();
  });

  test("while traffic comes, why does not say that none does", async () => {
    expect((await world.send(CHAT, chatBody())).status).toBe(200);
    await world.chain.pauseProvider(self);
    const { code, stdout } = await fxn(["why", "--home", world.home]);
    await world.chain.unpauseProvider(self);
    expect(code).toBe(1);
    expect(stdout).toStartWith("Traffic comes, and less of it because of provider.paused: the registration is paused");
    expect(stdout).toMatch(
      /\n\nThe last request of others came \d+s ago; in the last 24 hours \d+, \d+ answered well\.\n$/,
    );
  });

  test("clock skew by HTTP Date headers, where a block says nothing", async () => {
    proxy.misbehave(({ id, method }) => {
      if (method !== "eth_getBlockByNumber") return undefined;
      const headers = { date: new Date(Date.now() + 600_000).toUTCString() };
      return Response.json({ jsonrpc: "2.0", id, result: null }, { headers });
    });
    const [found] = await examine(world.home, "--only", "clock.skew");
    proxy.misbehave(undefined);
    expect([found?.state, found?.message]).toEqual([
      "fail",
      expect.stringMatching(/^it is (59\d|60\d) s behind, by 1 server$/),
    ]);
  });

  test("tls.files: a running node keeps what it has, and that is yellow", async () => {
    const undo = configured(({ node }) => ({
      node: { ...Object(node), tls: { certFile: "gone.crt", keyFile: "gone.key" } },
    }));
    const [found] = await examine(world.home, "--only", "tls.files");
    undo();
    expect([found?.state, found?.message]).toEqual([
      "warn",
      expect.stringMatching(/gone\.crt cannot be read.*; the node goes on with what it had$/),
    ]);
  });

  test("config.applied: yellow while the files say what the node does not run by, with what takes it over", async () => {
    const undo = configured(({ server }) => ({ server: { ...Object(server), workers: 3 }, queue: { size: 7 } }));
    const [found] = await examine(world.home, "--only", "config.applied");
    undo();
    expect(found).toMatchObject({
      state: "warn",
      message: "not reloaded yet: queue.size; restart pending: server.workers",
      hint: "Let it take them over: fxn reload, then fxn restart",
    });
  });

  test("backend.openai.key: yellow, since a key for inference alone is refused there and answers chats all the same", async () => {
    world.model.behave = (received, response) =>
      (received.path === "/v1/models" ? json({ error: { message: "not with this key" } }, 403) : healthy)(
        received,
        response,
      );
    const checks = await examine();
    world.model.behave = healthy;
    const found = (id: string) => checks.find((one) => one.id === id);
    expect(found(KEY)).toMatchObject({
      state: "warn",
      message: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+ wants a key: 403$/),
      hint: expect.stringContaining("inference alone"),
    });
    expect([found("backend.answers")?.state, found("prompt.answered")?.state]).toEqual(["ok", "ok"]);
  });

  test("none is missing", () => {
    // Yellow at the most: the node works all the same.
    const yellow = [
      "node.version",
      "node.update",
      "config.applied",
      "public.ip",
      "queue.room",
      "tokens.first",
      "node.workers",
      "config.reload",
    ];
    const callers = ["callers.replays", "callers.times", "callers.unknown"];
    const others = ["provider.registered", ...yellow, ...callers];
    const table = CHECK_TEXTS.map(({ id }) => id).filter((id) => !others.includes(id));
    expect(table.filter((id) => !(id in REDS))).toEqual([]);
  });
});

/** What could have been written by a look, but for what the running node writes. */
function stateOfHome() {
  return readdirSync(world.home)
    .filter((name) => !name.startsWith("fxn."))
    .map((name) => [name, statSync(inHome(name)).mtimeMs]);
}

function smallDisk(): string | undefined {
  const folder = makeHome();
  homes.push(folder);
  const made = spawnSync("mount", ["-t", "tmpfs", "-o", "size=50m,mode=0700", "tmpfs", folder]);
  return made.status === 0 ? folder : undefined;
}
