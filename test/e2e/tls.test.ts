// HTTPS on the public listener of the compiled node, with several workers: certificates that change while it serves, callers
// with certificates of their own, and proxies in front.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { z } from "zod";
import { Authority, type Issued } from "../fakes/authority.ts";
import { healthy, json, stream } from "../fakes/model-server.ts";
import { startCollector } from "../fakes/otlp-collector.ts";
import { signedHeaders } from "../sandbox/gateway.ts";
import { fxn } from "./node.ts";
import { until } from "./until.ts";
import { account, CHAT, chatBody, openWorld, type World } from "./world.ts";

const WORKERS = process.platform === "linux" ? 2 : 1;
const LOCAL = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
const NO_IPV6 = LOCAL.some(({ address }) => address === "::1") ? "" : " (skipped: no IPv6 here)";
const authority = new Authority();
let world: World;
let port = "";
let count = 0;
const keys: string[] = [];

/** As certbot and Kubernetes do: new files beside the old ones, then links are turned. */
function publish(home: string, { cert, key }: Issued): void {
  const at = (file: string) => join(home, file);
  const version = `v${count++}`;
  keys.push(key);
  writeFileSync(at(`${version}.crt`), cert);
  writeFileSync(at(`${version}.key`), key, { mode: 0o600 });
  for (const end of ["key", "crt"]) {
    symlinkSync(`${version}.${end}`, at(`next.${end}`));
    renameSync(at(`next.${end}`), at(`live.${end}`));
  }
}

beforeAll(async () => {
  world = await openWorld({
    config: {
      node: { listenPort: 0, publicIp: "203.0.113.7", tls: { certFile: "live.crt", keyFile: "live.key" } },
      server: { workers: WORKERS },
    },
    prepare: (home) => publish(home, authority.issue({ name: "first" })),
  });
  port = new URL(world.node.url).port;
});
afterAll(() => world.close());

/** Whom a new connection meets. */
function met(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: Number(port), ca: authority.cert }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.end();
    });
    socket.on("error", reject);
  });
}

async function metInARow(count: number): Promise<string[]> {
  const names: string[] = [];
  for (let i = 0; i < count; i++) names.push(await met());
  return names;
}

const TLS = { tls: { ca: authority.cert } };

async function chat(): Promise<string> {
  const body = JSON.stringify(chatBody({ stream: true }));
  const headers = { ...(await signedHeaders(account("gateway"), body)), "content-type": "application/json" };
  const reply = await fetch(`https://127.0.0.1:${port}${CHAT}`, { method: "POST", body, headers, ...TLS });
  const text = await reply.text();
  return text.endsWith("data: [DONE]\n\n") && !text.includes("error") ? "whole" : text;
}

const metric = async (name: string) =>
  (await (await fetch(`${world.node.admin}/metrics`)).text()).match(new RegExp(`^${name} (.*)$`, "m"))?.[1];

describe("HTTPS from files", () => {
  test("health, fxn request and fxn status work over it; plain HTTP gets nothing", async () => {
    expect((await fetch(`https://127.0.0.1:${port}/health`, TLS)).status).toBe(200);
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
    const listed = await fxn(["request", "/v1/models", "--home", world.home]);
    // The node's own key is no gateway's: what counts is that it was asked.
    expect(listed.stderr).toMatch(/^40[13] /);
    expect((await fxn(["status", "--home", world.home, "--ready"])).code).toBe(0);
    expect(Number(await metric("fxn_tls_certificate_expiry_timestamp_seconds"))).toBe(Date.UTC(2120, 0, 1) / 1000);
  });

  test("TLS on the public listener from files (reloaded when they change): streams run on, new connections see the new one", async () => {
    world.model.behave = (received, response) =>
      (received.method === "GET" ? healthy : stream({ tokens: 30, everyMs: 50 }))(received, response);
    let over = false;
    const ends: string[] = [];
    const load = Array.from({ length: 20 }, async () => {
      while (!over) ends.push(await chat());
    });
    for (const name of ["second", "third"]) {
      publish(world.home, authority.issue({ name }));
      // While the listeners join, either may be met.
      await until(async () => (await metInARow(10)).every((one) => one === name), 20_000);
      for (let i = 0; i < 20; i++) expect(await met()).toBe(name);
    }
    over = true;
    await Promise.all(load);
    expect(ends.filter((end) => end !== "whole")).toEqual([]);
    expect(ends.length).toBeGreaterThan(40);
    expect(await met()).toBe("third");
  }, 90_000);

  test("a pair that does not fit is not taken: the old one stays, log and metric say so, ready is unaffected", async () => {
    const { cert } = authority.issue({ name: "broken" });
    publish(world.home, { cert, key: authority.issue({ name: "another" }).key });
    const said = await world.node.logged("the certificate's files are not taken: the one in use stays", 30_000);
    expect(said.error).toContain("node.tls.keyFile: it is not the key of the certificate");
    expect(await metric("fxn_tls_files_in_use")).toBe("0");
    expect(await met()).toBe("third");
    await world.node.ready();
    publish(world.home, authority.issue({ name: "mended" }));
    await until(async () => (await met()) === "mended", 20_000);
    await until(async () => (await metric("fxn_tls_files_in_use")) === "1", 20_000);
  }, 90_000);

  test.skipIf(process.platform !== "linux")(
    "the key is in no argument, no variable and no line of the log",
    async () => {
      const { stdout } = await fxn(["status", "--home", world.home, "--json"]);
      const { workers } = z.object({ workers: z.array(z.number()) }).parse(JSON.parse(stdout));
      expect(workers).toHaveLength(WORKERS);
      const [line = ""] = keys.flatMap((key) => key.split("\n").slice(1, 2));
      for (const pid of [world.node.pid, ...workers]) {
        for (const file of ["cmdline", "environ"])
          expect(readFileSync(`/proc/${pid}/${file}`, "utf8")).not.toContain(line);
      }
      for (const key of keys) expect(world.node.log()).not.toContain(key.split("\n")[1] ?? "?");
    },
  );
});

test.skipIf(process.platform !== "linux")(
  "a restart takes the port over with its certificate",
  async () => {
    expect(await fxn(["restart", "--home", world.home])).toMatchObject({ code: 0 });
    for (let i = 0; i < 5; i++) expect([await met(), await chat()]).toEqual(["mended", "whole"]);
    world.node.signal("SIGTERM");
    await world.node.exited;
  },
  60_000,
);

test("a node whose files are wrong does not start, and says where, what and what to do", async () => {
  const { code, stderr } = await fxn(["config", "check", "--home", world.home], {
    env: { FXN_NODE_TLS_KEY_FILE: "nowhere.key" },
  });
  expect(code).toBe(78);
  expect(stderr).toMatch(/\$FXN_NODE_TLS_KEY_FILE: node\.tls\.keyFile: .*nowhere\.key does not exist/);
});

describe("callers with certificates, and proxies in front", () => {
  const collector = startCollector("a-key");
  const callers = new Authority("callers");
  const others = new Authority("others");
  const ann = callers.issue({ name: "ann" });
  const bob = others.issue({ name: "bob" });
  let edge: World;
  beforeAll(async () => {
    edge = await openWorld({
      config: {
        node: {
          listenPort: 0,
          listenAddress: NO_IPV6 === "" ? "::" : "127.0.0.1",
          publicIp: "203.0.113.7",
          tls: { certFile: "live.crt", keyFile: "live.key", clientCaFile: "callers.crt" },
          // Who comes by IPv6 is the proxy, who comes by IPv4 is not.
          trustedProxies: ["::1", "10.0.0.0/8", "2001:db8:1::/48"],
        },
        server: { workers: WORKERS },
        tracing: { otlpEndpoint: collector.url, otlpHeaders: "api-key=a-key" },
      },
      prepare(home) {
        publish(home, authority.issue({ name: "edge" }));
        // The former authority of the same name, which has ended, is still there: the node starts, and knows the other's callers.
        const former = new Authority("callers", new Date("2021-01-01T00:00:00Z"));
        writeFileSync(join(home, "callers.crt"), former.cert + callers.cert);
      },
    });
    edge.model.behave = json({ choices: [] });
  });
  afterAll(async () => {
    await edge.leave();
    collector.stop();
  });

  const ask = (caller: Partial<Issued>, path = "/health", options: { host?: string; headers?: object } = {}) => {
    const { host = "127.0.0.1", headers = {} } = options;
    const tls = { ca: authority.cert, checkServerIdentity: () => undefined, ...caller };
    return fetch(`https://${host}:${new URL(edge.node.url).port}${path}`, { headers: { ...headers }, tls });
  };
  const isLetIn = (caller: Partial<Issued>) =>
    ask(caller).then(
      ({ status }) => status === 200,
      () => false,
    );

  test("client CA optional: without a certificate of theirs no caller is answered, with one they are", async () => {
    expect(await isLetIn({})).toBe(false);
    expect(await isLetIn(bob)).toBe(false);
    for (let i = 0; i < 5; i++) expect(await isLetIn(ann)).toBe(true);
  });

  test("another client CA is taken without a restart: who was let in is refused, who was refused is let in", async () => {
    writeFileSync(join(edge.home, "callers.crt"), others.cert);
    await edge.node.logged("certificate renewed", 30_000);
    // While the listeners join, either may be met.
    const inARow = async (caller: Issued, isIn: boolean) => {
      for (let i = 0; i < 10; i++) if ((await isLetIn(caller)) !== isIn) return false;
      return true;
    };
    await until(async () => (await inARow(bob, true)) && (await inARow(ann, false)), 30_000);
    expect(await isLetIn({})).toBe(false);
  }, 90_000);

  test("a trace says https where the listener speaks it", async () => {
    expect((await ask(bob, "/v1/models")).status).toBe(401);
    await until(() => collector.spans.some(({ name }) => name === "GET /v1/models"), 30_000);
    const span = collector.spans.find(({ name }) => name === "GET /v1/models");
    expect(span?.attributes).toMatchObject({ "url.scheme": "https", "url.path": "/v1/models" });
  }, 60_000);

  /** Whom the log names as the caller of a request that says this. */
  async function logged(headers: Record<string, string>, host: string): Promise<unknown> {
    const id = (await ask(bob, "/v1/models", { host, headers })).headers.get("x-request-id");
    const line = () =>
      edge.node
        .log()
        .split("\n")
        .find((one) => one.includes(`"id":"${id}"`));
    await until(() => line() !== undefined);
    const { client } = z.object({ client: z.string() }).parse(JSON.parse(line() ?? ""));
    return client;
  }

  test("trusted-proxy mode: who is no trusted proxy is believed nothing about who called", async () => {
    const lies: Record<string, string>[] = [
      {},
      { "x-forwarded-for": "198.51.100.9" },
      { forwarded: "for=198.51.100.9" },
    ];
    for (const headers of lies) expect(await logged(headers, "127.0.0.1")).toBe("127.0.0.1");
  });

  test.skipIf(NO_IPV6 !== "")(
    `trusted-proxy mode: through a chain of proxies the caller is the last whom none of them is; what it wrote itself is not believed${NO_IPV6}`,
    async () => {
      const cases: [said: Record<string, string>, client: string][] = [
        [{}, "::1"],
        [{ "x-forwarded-for": "198.51.100.9" }, "198.51.100.9"],
        [{ "x-forwarded-for": "2001:db8:2::7" }, "2001:db8:2::7"],
        [{ "x-forwarded-for": "198.51.100.9, 10.1.2.3, 2001:db8:1::5" }, "198.51.100.9"],
        // The caller wrote the first two, the second as if a proxy had.
        [{ "x-forwarded-for": "203.0.113.66, 10.9.9.9, 198.51.100.9, 10.1.2.3" }, "198.51.100.9"],
        [{ "x-forwarded-for": "203.0.113.66, nonsense, 10.1.2.3" }, "10.1.2.3"],
        [{ forwarded: 'for="[2001:db8:2::7]:4711";proto=https, for=10.1.2.3' }, "2001:db8:2::7"],
        [{ "x-forwarded-for": "198.51.100.9", forwarded: "for=203.0.113.66" }, "198.51.100.9"],
      ];
      for (const [said, client] of cases) expect([said, await logged(said, "[::1]")]).toEqual([said, client]);
    },
  );
});
