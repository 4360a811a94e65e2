// Three networks at once through the compiled node: the Function Network, fed_AI and Infernet, with llama.cpp's engine behind.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { formatGoNodeKey } from "../../src/keys/go-nodekey.ts";
import { nostrFromKey } from "../../src/keys/nostr.ts";
import { FakeFedaiRouter } from "../fakes/fedai-router.ts";
import { InfernetControlPlane } from "../fakes/infernet-control-plane.ts";
import { verifySchnorr } from "../fakes/infernet-ports.ts";
import { type InfernetServer, serveInfernet } from "../fakes/infernet-server.ts";
import { ModelServer as ScriptedServer, stream } from "../fakes/model-server.ts";
import { type ModelServer, startModelServer } from "../sandbox/spawn.ts";
import { fxn } from "./node.ts";
import { until } from "./until.ts";
import { unusedPort } from "./unused-port.ts";
import { CHAT, chatBody, openWorld, type World } from "./world.ts";

const MODEL = "tiny-llama";
const KEY = Buffer.alloc(32, 7);
const messages = [{ role: "user", content: "Tell me about the village." }];
const ASK = { requestId: "r1", modelId: MODEL, prompt: "Tell me about the village.", maxTokens: 12 };

let cacheDir: string;
let engine: ModelServer;
/** Takes five seconds. */
let slow: ScriptedServer;
let router: FakeFedaiRouter;
const plane = new InfernetControlPlane(systemClock, verifySchnorr);
let planeServer: InfernetServer;
let world: World;

beforeAll(async () => {
  cacheDir = mkdtempSync(join(tmpdir(), "fxn-gguf-"));
  engine = await startModelServer({ cacheDir, paceMs: 5 });
  slow = await ScriptedServer.start();
  slow.behave = stream({ tokens: 50, everyMs: 100 });
  router = new FakeFedaiRouter(nostrFromKey(Buffer.alloc(32, 9)), systemClock);
  planeServer = serveInfernet(plane);
  const port = await unusedPort();
  world = await openWorld({
    backendUrl: engine.url,
    models: (url) => ({
      models: [
        { id: MODEL, backends: [{ url }] },
        { id: "slow", backends: [{ url: slow.url }] },
      ],
    }),
    prepare(home) {
      mkdirSync(join(home, "keys"), { mode: 0o700 });
      writeFileSync(join(home, "keys", "nostr.json"), formatGoNodeKey(KEY), { mode: 0o600 });
    },
    config: {
      networks: {
        fedai: {
          enabled: true,
          listen: `127.0.0.1:${port}`,
          endpoint: `http://127.0.0.1:${port}`,
          routers: [{ endpoint: router.url, key: router.identity.npub }],
          heartbeat: { interval: "500ms" },
        },
        infernet: { enabled: true, url: planeServer.url, intervals: { heartbeatMs: 500, pollMs: 100, commandMs: 500 } },
      },
    },
  });
  await until(
    () => router.active().length === 1 && plane.store.rows.some(({ specs }) => JSON.stringify(specs).includes(MODEL)),
    20_000,
  );
});
afterAll(async () => {
  await world.close();
  router.stop();
  slow.stop();
  await planeServer.stop();
  await engine.stop();
  rmSync(cacheDir, { recursive: true });
});

/** A chat by Infernet's own way in; its job when it has ended. */
async function infernetChat(modelName = MODEL) {
  const reply = await fetch(`${planeServer.url}/api/chat`, {
    method: "POST",
    body: JSON.stringify({ messages, modelName, maxTokens: 12 }),
  });
  const { jobId }: { jobId: string } = JSON.parse(await reply.text());
  const job = plane.store.jobs.get(jobId);
  if (!job) throw new Error(`no job: ${reply.status}`);
  await until(() => job.status !== "assigned", 30_000);
  return job;
}

async function ledger(): Promise<{ network: string; requests: number; completionTokens: number }[]> {
  const { stdout } = await fxn(["ledger", "--home", world.home, "--by", "network", "--json"]);
  return JSON.parse(stdout).rows;
}

describe("a chat through each network to the engine and back", () => {
  test("the Function Network", async () => {
    const answer = await world.send(CHAT, chatBody({ model: MODEL, messages, max_tokens: 12, stream: true }));
    expect(await answer.text()).toEndWith("data: [DONE]\n\n");
  });

  test("fed_AI, whole and streamed", async () => {
    const whole = await router.infer(ASK);
    expect(whole).toMatchObject({ status: 200, output: expect.stringMatching(/\w/) });
    const streamed = await router.stream({ ...ASK, requestId: "r2" });
    expect(streamed.status).toBe(200);
    expect(streamed.deltas?.length).toBeGreaterThan(5);
    expect(streamed.deltas?.join("")).toBe(String(streamed.output));
  });

  test("Infernet, tokens in batches, one end", async () => {
    const job = await infernetChat();
    expect(job).toMatchObject({ status: "completed", completed: 1 });
    const types = job.events.map(({ event_type: type }) => type);
    expect(types[0]).toBe("meta");
    expect(types).toContain("token");
    expect(Object(job.result).token_count).toBeGreaterThan(5);
    expect(types.filter((type) => type === "done" || type === "error")).toEqual(["done"]);
    expect(types.at(-1)).toBe("done");
  });

  test("all three at once, and each has its rows in the ledger", async () => {
    const jobs = Array.from({ length: 4 }, async (_, i) => {
      const [own, fed, job] = await Promise.all([
        world.send(CHAT, chatBody({ model: MODEL, messages, max_tokens: 12 })),
        router.infer({ ...ASK, requestId: `all-${i}` }),
        infernetChat(),
      ]);
      return [own.status, fed.status, job.status, job.completed];
    });
    expect(await Promise.all(jobs)).toEqual(Array.from({ length: 4 }, () => [200, 200, "completed", 1]));
    const rows = Object.fromEntries((await ledger()).map(({ network, requests }) => [network, requests]));
    expect(rows).toEqual({ function: 5, fedai: 6, infernet: 5 });
  });

  test("what each network says of itself", async () => {
    const { stdout, code } = await fxn(["networks", "status", "--check", "--home", world.home]);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("fedai: ready") });
    expect(stdout).toContain("infernet: ready");
    const metrics = await (await fetch(`${world.node.admin}/metrics`)).text();
    expect(metrics).toContain(`fxn_network_up{network="fedai"} 1`);
    expect(metrics).toContain(`fxn_network_work_total{network="infernet",result="ok"} 5`);
  });
});

describe("one network that fails touches no other", () => {
  test("the control plane is gone and comes back", async () => {
    plane.fault = () => ({ kind: "status", status: 503, applied: false });
    expect((await router.infer({ ...ASK, requestId: "alone" })).status).toBe(200);
    expect((await world.send(CHAT, chatBody({ model: MODEL, messages, max_tokens: 3 }))).status).toBe(200);
    plane.fault = () => undefined;
    await until(() => plane.store.rows[0]?.status === "available", 20_000);
  });
});

// Only Linux can hand a port over.
describe.skipIf(process.platform !== "linux")("fxn restart", () => {
  test("what a network has in hand ends, once, and the new process is called and asks for work", async () => {
    const job = infernetChat("slow");
    const inHand = () =>
      [...plane.store.jobs.values()].some((one) => one.status === "assigned" && one.events.length > 1);
    await until(inHand);
    const restarted = await fxn(["restart", "--home", world.home]);
    expect(restarted).toMatchObject({ code: 0 });
    const { status, completed, events } = await job;
    expect({ status, completed }).toEqual({ status: "completed", completed: 1 });
    expect(events.filter(({ event_type: type }) => type === "done" || type === "error")).toHaveLength(1);
    await until(async () => {
      const { stdout } = await fxn(["networks", "status", "--home", world.home]);
      return stdout.includes("fedai: ready") && stdout.includes("infernet: ready");
    }, 20_000);
    expect((await infernetChat()).status).toBe("completed");
    expect((await router.infer({ ...ASK, requestId: "after" })).status).toBe(200);
    // The process that was started first passes it on to its successor, which a killed one would leave behind.
    expect(await world.node.stop()).toBe(0);
  }, 90_000);
});
