// Blindference through the compiled binary: from a reference node's files to a delivered answer and an honest vote.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { accountOf, TEST_KEY } from "../fakes/blindference-account.ts";
import { type BlindferenceServer, serveBlindference } from "../fakes/blindference-server.ts";
import { GROQ, World } from "../fakes/blindference-world.ts";
import { ModelServer, stream } from "../fakes/model-server.ts";
import vectors from "../vectors/blindference.json";
import { ANY_PORTS, fxn, killAll, makeHome, type RunningNode, removeHome, startNode } from "./node.ts";
import { until } from "./until.ts";

const PROMPT = "canary-prompt-77";
const node = accountOf(TEST_KEY);
const stranger = accountOf("9".repeat(64));

let model: ModelServer;
let world: World;
let server: BlindferenceServer;
let home: string;
let outside: string;

beforeAll(async () => {
  model = await ModelServer.start();
});
afterAll(() => model.stop());
beforeEach(() => {
  world = new World(Date.now);
  server = serveBlindference(world);
  home = makeHome();
  outside = makeHome();
});
afterEach(async () => {
  await killAll();
  await server.stop();
  removeHome(home);
  removeHome(outside);
});

/** The reference node's own files: its keystore has the parameters that node:crypto refuses. */
async function imported(): Promise<void> {
  const [found] = vectors.keystore_v3;
  const file = join(outside, "config.json");
  writeFileSync(join(outside, "keystore.json"), JSON.stringify(found?.keystore), { mode: 0o600 });
  const config = {
    ...vectors.config_defaults,
    keystore_path: "./keystore.json",
    supported_model_ids: [GROQ],
    icl_endpoint: server.url,
    cofhe_mode: "python",
    cofhe_endpoint: `${server.base}/cofhe/`,
    ipfs_gateway: `${server.base}/ipfs`,
    ipfs_upload_url: `${server.base}/pin/upload`,
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  const { code, stderr } = await fxn(["networks", "import", "blindference", file, "--home", home]);
  expect([code, stderr]).toEqual([0, ""]);
}

async function start(): Promise<RunningNode> {
  const backend = { id: "llama-3.3-70b-versatile", backends: [{ url: model.url }] };
  writeFileSync(join(home, "model_backend.yaml"), stringify({ models: [backend] }), { mode: 0o600 });
  const path = join(home, "config.yaml");
  const config = readFileSync(path, "utf8");
  if (!config.includes("admin:")) {
    writeFileSync(path, `${config}\nadmin: { listen: "127.0.0.1:0" }\nshutdown: { deadline: 5s }\n`);
  }
  return startNode(home, { env: { ...ANY_PORTS, BLF_KEY_PASSWORD: "test-password", BLF_IPFS_UPLOAD_JWT: "jwt" } });
}

const files = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const found = statSync(path);
    if (found.isDirectory()) return files(path);
    return found.isFile() ? [readFileSync(path, "latin1")] : [];
  });

test("imported, it attests, leads a job, verifies another, and leaves nothing readable of either", async () => {
  await imported();
  model.behave = stream({ tokens: ["can", "ary-", "answer"] });
  const running = await start();
  const led = await world.job(PROMPT, [node, stranger]);
  await until(() => led.result !== undefined, 60_000);
  expect(world.answerOf(led)).toBe("canary-answer");
  const body = JSON.parse(String(model.received.at(-1)?.body));
  expect(body).toMatchObject({
    temperature: 0,
    seed: 42,
    max_completion_tokens: 512,
    model: "llama-3.3-70b-versatile",
  });
  const voted = await world.job(PROMPT, [stranger, node]);
  voted.result = { ...led.result!, output_cid: "bafkqaaa", commitment_hash: "0".repeat(64) };
  await until(() => voted.votes.size === 1, 60_000);
  expect([...voted.votes.values()][0]).toMatchObject({ verdict: "REJECT", confidence: 0 });
  expect(voted.calls.claims).toEqual([]);
  expect(world.icl.violations).toEqual([]);
  expect(await running.stop()).toBe(0);
  const left = [...files(home), running.log()].join("\n");
  expect(left).not.toContain(PROMPT);
  expect(left).not.toContain("canary-answer");
});
