// Infernet through the compiled binary: from a reference node's file to answered chats, a kill -9 and an orderly end.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { systemClock } from "../../src/core/clock.ts";
import { hasPlace, InfernetControlPlane } from "../fakes/infernet-control-plane.ts";
import { verifySchnorr } from "../fakes/infernet-ports.ts";
import { type InfernetServer, serveInfernet } from "../fakes/infernet-server.ts";
import type { PlaneJob } from "../fakes/infernet-store.ts";
import { ModelServer, stream } from "../fakes/model-server.ts";
import { saveCheapKey } from "./cheap-key.ts";
import { ANY_PORTS, fxn, killAll, makeHome, type RunningNode, removeHome, startNode } from "./node.ts";
import { until } from "./until.ts";

const KEY = "c90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b14e5c9";
const PUBKEY = "dd308afec5777e13121fa72b9cc1b7cc0139715309b086c960e18fd969774eb8";
const WORDS = ["one ", "two ", "three"];

let model: ModelServer;
let plane: InfernetControlPlane;
let server: InfernetServer;
let home: string;
let outside: string;
let locked: string[];

beforeAll(async () => {
  model = await ModelServer.start();
});
afterAll(() => model.stop());
beforeEach(() => {
  plane = new InfernetControlPlane(systemClock, verifySchnorr);
  server = serveInfernet(plane);
  home = makeHome();
  outside = makeHome();
  const password = join(outside, "password");
  writeFileSync(password, "correct horse", { mode: 0o600 });
  locked = ["--home", home, "--password-file", password];
});
afterEach(async () => {
  await killAll();
  await server.stop();
  removeHome(home);
  removeHome(outside);
});

/** The reference node's own file, with intervals for the impatient; with a cheap key there is the key in the home already. */
async function imported(cheap = true): Promise<void> {
  if (cheap) await saveCheapKey(home, "infernet", KEY, "correct horse", "nostr");
  const file = join(outside, "config.json");
  const node = { nodeId: "provider-0f44326c", role: "provider", name: "box", publicKey: PUBKEY, privateKey: KEY };
  const config = {
    controlPlane: { url: server.url },
    node: { ...node, address: null, port: null },
    engine: { backend: "llamacpp", model: "tiny" },
    auth: { bearerToken: "SECRET-TOKEN" },
    intervals: { heartbeatMs: 300, pollMs: 100, commandMs: 300 },
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  const { code, stdout, stderr } = await fxn(["networks", "import", "infernet", file, ...locked]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("auth: not kept");
  expect(stdout).not.toMatch(/SECRET|c90fdaa2/);
}

async function start(): Promise<RunningNode> {
  const models = stringify({ models: [{ id: "tiny", backends: [{ url: model.url }] }] });
  writeFileSync(join(home, "model_backend.yaml"), models, { mode: 0o600 });
  const config = await Bun.file(join(home, "config.yaml")).text();
  if (!config.includes("admin:")) {
    writeFileSync(
      join(home, "config.yaml"),
      `${config}\nadmin: { listen: "127.0.0.1:0" }\nshutdown: { deadline: 5s }\n`,
    );
  }
  const node = await startNode(home, { args: locked.slice(2), env: ANY_PORTS });
  // Registered, and told what it serves: until then nobody is sent here.
  await soon(() => JSON.stringify(plane.store.rows[0]?.specs ?? null).includes('"served_models":["tiny"]'));
  return node;
}

async function ask(): Promise<{ job: PlaneJob; events: string[] }> {
  const body = JSON.stringify({ messages: [{ role: "user", content: "count" }], modelName: "tiny" });
  const asked = await fetch(`${server.url}/api/chat`, { method: "POST", body });
  const { jobId, streamUrl } = z.object({ jobId: z.string(), streamUrl: z.string() }).parse(await asked.json());
  const text = await (await fetch(`${server.url}${streamUrl}`)).text();
  const job = plane.store.jobs.get(jobId);
  if (!job) throw new Error("no job");
  return { job, events: [...text.matchAll(/event: (\w+)/g)].map(([, word = ""]) => word) };
}

/** A busy machine takes its time, and opening a key takes some on any. */
const soon = (what: () => boolean) => until(what, 20_000);
const calls = () => model.received.filter(({ path }) => path === "/v1/chat/completions").length;

describe("a node of Infernet", () => {
  test("from the reference node's file to an answered chat: words as they come, one end, a row in the ledger", async () => {
    await imported(false);
    model.behave = stream({ tokens: WORDS, everyMs: 400 });
    const before = calls();
    const node = await start();
    const { job, events } = await ask();
    expect(events).toEqual(["job", "meta", "token", "token", "token", "done"]);
    await soon(() => job.completed === 1);
    expect(job).toMatchObject({ status: "completed", result: { type: "chat", text: WORDS.join(""), token_count: 3 } });
    expect(job.events[0]?.data).toMatchObject({ provider_node_id: "provider-0f44326c", engine: "llamacpp" });
    expect(calls() - before).toBe(1);
    const { stdout } = await fxn(["networks", "status", "--check", "--home", home]);
    expect(stdout).toContain("infernet: ready");
    expect(stdout).toContain("provider-0f44326c");
    expect(await node.stop()).toBe(0);
    expect(plane.store.rows[0]?.status).toBe("offline");
    expect(node.log()).not.toMatch(/count|SECRET|c90fdaa2/);
    expect((await fxn(["ledger", "--home", home, "--json"])).stdout).toContain('"model": "tiny"');
  });

  test("after kill -9 the job in hand is failed, once, and not run again", async () => {
    await imported();
    model.behave = stream({ tokens: 100, everyMs: 100 });
    const node = await start();
    const before = calls();
    const asked = ask();
    await soon(() => [...plane.store.jobs.values()].some((job) => job.events.length > 1));
    await node.kill();
    const again = await start();
    const { job, events } = await asked;
    await soon(() => job.completed > 0);
    expect([events.at(-1), job.status, job.completed]).toEqual(["error", "failed", 1]);
    await Bun.sleep(500);
    expect([calls() - before, job.completed]).toEqual([1, 1]);
    expect(await again.stop()).toBe(0);
  });

  test("SIGTERM: what runs ends first, then it is offline", async () => {
    await imported();
    model.behave = stream({ tokens: 10, everyMs: 150 });
    const node = await start();
    const asked = ask();
    await soon(() => [...plane.store.jobs.values()].some((job) => job.events.length > 1));
    expect(await node.stop()).toBe(0);
    const { job, events } = await asked;
    expect([events.at(-1), job.status, job.completed]).toEqual(["done", "completed", 1]);
    expect(plane.store.rows[0]?.status).toBe("offline");
  });
});

describe.skipIf(process.platform !== "linux")("fxn restart", () => {
  test("a job in hand ends with its words, once, and the next one is the successor's", async () => {
    await imported();
    model.behave = stream({ tokens: 20, everyMs: 100 });
    const node = await start();
    const before = calls();
    const asked = ask();
    await soon(() => [...plane.store.jobs.values()].some((job) => job.events.length > 1));
    const restarted = await fxn(["restart", ...locked.slice(0, 2)]);
    expect([restarted.code, restarted.stderr]).toEqual([0, ""]);
    const first = await asked;
    await soon(() => first.job.completed > 0);
    expect([first.events.at(-1), first.job.status]).toEqual(["done", "completed"]);
    await soon(() => plane.store.rows[0]?.status === "available" && hasPlace(plane.store.rows[0]?.specs));
    const second = await ask();
    await soon(() => second.job.completed > 0);
    expect([second.events.at(-1), first.job.completed, second.job.completed]).toEqual(["done", 1, 1]);
    expect(calls() - before).toBe(2);
    expect(await node.stop()).toBe(0);
  }, 60_000);
});

describe("fxn infernet", () => {
  const infernet = (...words: string[]) => fxn(["infernet", ...words, ...locked]);

  test("init, register, payouts, payments, login, remove", async () => {
    // In plain text: opening an encrypted key takes most of a second, eight times over.
    const made = await infernet("init", "--url", server.url, "--name", "nice", "--insecure-plaintext");
    expect([made.code, made.stderr]).toEqual([0, ""]);
    expect(made.stdout).toContain("networks.function.enabled: false");
    expect((await infernet("register")).stdout).toMatch(/status +offline\npublished +nothing/);
    expect(plane.store.rows[0]).toMatchObject({ name: "nice", address: null });
    const address = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    expect((await infernet("payout", "set", "USDC", address, "--network", "base")).code).toBe(0);
    const wrong = await infernet("payout", "set", "ETH", "not-an-address");
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("no address of ETH")]);
    expect(plane.store.payouts).toMatchObject([{ coin: "USDC", network: "base", address, is_default: true }]);
    expect((await infernet("payout", "list")).stdout).toContain(address);
    expect((await infernet("payments", "--json")).stdout).toContain('"payments": []');
    writeFileSync(join(home, "token"), "header.payload\nsignature\n", { mode: 0o600 });
    for (const file of [home, join(home, "token"), join(home, "no-such-token")]) {
      const refused = await infernet("login", "--token-file", file);
      expect([refused.code === 0, refused.stderr.includes("    at ")]).toEqual([false, false]);
    }
    const login = infernet("login", "--label", "box");
    await soon(() => plane.codes.size > 0);
    for (const code of plane.codes.keys()) plane.codes.set(code, "authorized");
    expect((await login).stdout).toContain("is linked to your account");
    expect([...plane.store.links.values()]).toMatchObject([{ label: "box" }]);
    expect((await infernet("remove")).code).toBe(2);
    expect((await infernet("remove", "--yes")).code).toBe(0);
    expect(plane.store.rows).toEqual([]);
  }, 60_000);

  test("init on a home that is configured changes its own section, and keeps the key", async () => {
    await imported();
    const again = await infernet("init", "--name", "other", "--no-advertise");
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("kept")]);
    const config = await Bun.file(join(home, "config.yaml")).text();
    expect(config).toContain("name: other");
    expect(config).toContain("provider-0f44326c");
  });

  test("nonsense is refused before anything is written or asked", async () => {
    const http = await infernet("init", "--url", "http://plane.example");
    expect([http.code, http.stderr]).toEqual([1, expect.stringContaining("plain http")]);
    const both = await infernet("init", "--no-advertise", "--address", "203.0.113.7");
    expect(both.code).toBe(2);
    expect(await Bun.file(join(home, "config.yaml")).exists()).toBe(false);
  });

  test("firewall and gpu change and publish nothing", async () => {
    expect((await infernet("firewall", "--port", "4000")).stdout).toContain("port 4000");
    expect(JSON.parse((await fxn(["infernet", "gpu", "--json"])).stdout)).toMatchObject({
      gpu_count: expect.any(Number),
    });
    expect(plane.seen).toEqual([]);
  });
});
