// OARN's commands through the compiled binary: a key of words, a task made, seen, funded, claimed, answered and paid.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEther } from "viem";
import { stringify } from "yaml";
import { z } from "zod";
import type { Address } from "../../src/core/address.ts";
import { parseAddress } from "../../src/core/address.ts";
import { signerFromKey } from "../../src/keys/signer.ts";
import { resultHash } from "../../src/networks/oarn/hashes.ts";
import { IpfsApi } from "../fakes/ipfs-api.ts";
import { IpfsGateway } from "../fakes/ipfs-gateway.ts";
import { ModelServer, stream } from "../fakes/model-server.ts";
import { Pinata } from "../fakes/pinata.ts";
import { CHAIN_ID, NODES, type OarnWorld, startOarnWorld } from "../sandbox/oarn/world.ts";
import { saveCheapKey } from "./cheap-key.ts";
import { fxn, killAll, makeHome, removeHome, startNode } from "./node.ts";
import { until } from "./until.ts";

let world: OarnWorld;
let model: ModelServer;
let ipfs: IpfsApi;
let home: string;
let outside: string;
beforeAll(async () => {
  world = await startOarnWorld();
  model = await ModelServer.start();
});
afterAll(async () => {
  await model.stop();
  await world.stop();
});
beforeEach(() => {
  ipfs = new IpfsApi();
  home = makeHome();
  outside = makeHome();
  file("password", "correct horse");
});
afterEach(async () => {
  await killAll();
  ipfs.stop();
  removeHome(home);
  removeHome(outside);
});

function file(name: string, text: string, mode = 0o600): string {
  const path = join(outside, name);
  writeFileSync(path, text, { mode });
  return path;
}

const locked = () => ["--password-file", join(outside, "password")];
const oarn = (args: readonly string[], env: Record<string, string> = {}) =>
  fxn(["oarn", ...args, "--home", home], { env, cwd: outside });

/** What it prints is JSON and nothing else. */
async function json(args: readonly string[], env: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await oarn([...args, "--json"], env);
  expect([code, stderr.match(/fxn: .*/)?.[0] ?? ""]).toEqual([0, ""]);
  return z.record(z.string(), z.unknown()).parse(JSON.parse(stdout));
}

async function walletOfWords(): Promise<Address> {
  const made = await oarn(["wallet", "create", "--words-file", "words", ...locked()]);
  expect([made.code, made.stderr]).toEqual([0, ""]);
  return addressIn(made.stdout);
}

async function cheapWallet(): Promise<Address> {
  const key = crypto.getRandomValues(new Uint8Array(32));
  await saveCheapKey(home, "oarn", Buffer.from(key).toString("hex"), "correct horse");
  return signerFromKey(key).address;
}

/** A home with OARN on and a key; the account has ETH. */
async function ready(content: readonly string[] = ["--ipfs", ipfs.url], wallet = cheapWallet): Promise<Address> {
  const init = ["--rpc", world.rpcUrl, "--chain-id", String(CHAIN_ID), "--registry", world.v2, ...content];
  expect((await oarn(["init", ...init])).code).toBe(0);
  const address = await wallet();
  await world.client.setBalance({ address, value: parseEther("1") });
  const models = stringify({ models: [{ id: "tiny", backends: [{ url: model.url }] }] });
  writeFileSync(join(home, "model_backend.yaml"), models, { mode: 0o600 });
  file("model", "tiny");
  file("prompt", "six times seven");
  return address;
}

function addressIn(text: string): Address {
  const address = parseAddress(/0x[0-9a-fA-F]{40}/.exec(text)?.[0] ?? "");
  if (!address) throw new Error(`no address in ${text}`);
  return address;
}

const SETTINGS = {
  FXN_NETWORKS_OARN_BLOCKCHAIN_POLL_INTERVAL: "200ms",
  FXN_NETWORKS_OARN_BLOCKCHAIN_SETTLE_INTERVAL: "200ms",
  FXN_ADMIN_LISTEN: "127.0.0.1:0",
  FXN_NODE_LISTEN_PORT: "0",
  FXN_SHUTDOWN_DEADLINE: "5s",
};
const start = (env: Record<string, string> = {}) => startNode(home, { args: locked(), env: { ...SETTINGS, ...env } });

const TEXT_TASK = ["-m", "model", "-i", "prompt", "--requirements", '{"framework":"text","model":"tiny"}'];
const submit = (...more: string[]) => ["task", "submit", ...TEXT_TASK, "-r", "0.01", ...more, ...locked()];

const results = (id: bigint) =>
  world.client.readContract({
    address: world.v2,
    abi: world.contract("TaskRegistryV2").abi,
    functionName: "getTaskResults",
    args: [id],
  });

async function othersAgree(id: bigint, answer: string): Promise<void> {
  const hash = resultHash(new TextEncoder().encode(answer));
  for (const other of NODES.slice(1)) {
    await world.write("TaskRegistryV2", world.v2, "claimTask", [id], other);
    await world.write("TaskRegistryV2", world.v2, "submitResult", [id, hash], other);
  }
}

describe("a task", () => {
  test("is submitted, listed, looked at, funded, then claimed by the node, answered and paid; history and balance show it", async () => {
    const address = await ready(undefined, walletOfWords);
    model.behave = stream({ tokens: ["forty", "-two"] });
    const made = await json(submit("--yes"));
    expect(made).toMatchObject({ success: true, version: "v2" });
    const id = BigInt(Number(made.task_id));
    const list = await json(["task", "list", "--v2"]);
    expect(list).toMatchObject({ version: "v2" });
    const fresh = { id: Number(id), reward_per_node: "0.01", required_nodes: 3, status: "available" };
    expect(list.tasks).toContainEqual({ ...fresh, deadline: expect.any(Number) });
    const status = await json(["task", "status", String(id)]);
    expect(status).toMatchObject({ id: Number(id), status: "pending", mode: "majority", requester: address });
    expect(JSON.parse(String(status.requirements))).toEqual({
      ...{ framework: "text", model: "tiny" },
      ...{ model_cid: made.model_cid, input_cid: made.input_cid },
    });
    expect(ipfs.pinned.has(String(made.input_cid))).toBe(true);
    const funded = await json(["task", "fund", String(id), "0.03", "--yes", ...locked()]);
    expect(funded).toMatchObject({ success: true, reward_per_node: "0.02" });
    const node = await start();
    await until(async () => z.array(z.unknown()).parse(await results(id)).length === 1, 30_000);
    await othersAgree(id, "forty-two");
    const past = async () => JSON.stringify(await json(["task", "history"]));
    await until(async () => (await past()).includes('"settled"'), 30_000);
    const history = await json(["task", "history"]);
    expect(history.tasks).toEqual([
      expect.objectContaining({ id: Number(id), status: "completed", outcome: "settled", earned: "0.02" }),
    ]);
    const balance = await json(["wallet", "balance"]);
    expect(balance).toMatchObject({ comp_balance: null, tasks_completed: 1 });
    expect(addressIn(String(balance.address))).toBe(address);
    expect(await node.stop()).toBe(0);
    expect(node.log()).not.toMatch(/six times seven|forty/);
  }, 120_000);

  test("is claimed by hand that the node does not want, and is done by it all the same", async () => {
    await ready();
    model.behave = stream({ tokens: ["42"] });
    const made = await json(submit("--yes"));
    const id = String(made.task_id);
    const alone = await oarn(["task", "claim", id, ...locked(), "--json"]);
    expect(alone.code).toBe(1);
    expect(JSON.parse(alone.stdout)).toEqual({ success: false, error: expect.stringContaining("no node") });
    const choosy = { FXN_NETWORKS_OARN_COMPUTE_MIN_REWARD: "0.5" };
    const node = await start(choosy);
    await until(async () => (await oarn(["status"])).stdout.includes("it pays 0.01 ETH"), 20_000);
    const refused = await oarn(["task", "claim", id, ...locked()], choosy);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("it pays 0.01 ETH")]);
    const claimed = await json(["task", "claim", id, ...locked()]);
    expect(claimed).toMatchObject({ success: true, task_id: Number(id), version: "v2" });
    expect(String(claimed.tx_hash)).toMatch(/^0x[0-9a-f]{64}$/);
    expect(await node.stop()).toBe(0);
    const later = await start();
    await until(async () => z.array(z.unknown()).parse(await results(BigInt(id))).length === 1, 30_000);
    expect(await later.stop()).toBe(0);
  }, 120_000);

  test("is stored, and answered, by upload alone: its content is had through a gateway", async () => {
    const pinata = new Pinata();
    const gateway = new IpfsGateway(pinata.blocks);
    await ready(["--gateway", `${gateway.url}/ipfs/`]);
    model.behave = stream({ tokens: ["forty", "-two"] });
    const upload = {
      FXN_NETWORKS_OARN_STORAGE_UPLOAD_URL: pinata.url,
      FXN_NETWORKS_OARN_STORAGE_UPLOAD_TOKEN: pinata.jwt,
    };
    try {
      const made = await json(submit("--yes"), upload);
      const node = await start(upload);
      const id = BigInt(Number(made.task_id));
      await until(async () => z.array(z.unknown()).parse(await results(id)).length === 1, 30_000);
      expect(await node.stop()).toBe(0);
      expect(pinata.files.slice(0, 2)).toEqual(["model", "input"]);
      expect(pinata.files).toContain(`oarn-${CHAIN_ID}-${world.v2}-${id}`);
      expect(node.log()).not.toContain(pinata.jwt);
    } finally {
      pinata.stop();
      gateway.stop();
    }
  }, 120_000);

  test("past its deadline is shown as expired; one that is not there ends with 1", async () => {
    await ready();
    const made = await json(submit("--yes", "-d", "1"));
    await world.passTime(3601);
    expect(await json(["task", "status", String(made.task_id)])).toMatchObject({ status: "expired" });
    expect(JSON.stringify(await json(["task", "list"]))).not.toContain(`"id":${made.task_id},`);
    const all = await json(["task", "list", "--all"]);
    expect(all.tasks).toContainEqual(expect.objectContaining({ id: made.task_id, status: "expired" }));
    const late = await oarn(["task", "fund", String(made.task_id), "1", "--yes", ...locked()]);
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining("is expired")]);
    const none = await oarn(["task", "status", "99999", "--json"]);
    expect([none.code, none.stdout]).toEqual([1, ""]);
    expect(none.stderr).toContain("there is no task 99999");
  }, 60_000);

  test("with a slip in it is refused before anything is stored or sent", async () => {
    const address = await ready();
    file("empty", "");
    const slips: [string[], number, string][] = [
      [submit("--yes", "-n", "2"), 1, "3 to 100 nodes"],
      [submit("--yes", "-n", "0"), 2, "--nodes"],
      [submit("--yes", "-d", "0"), 2, "--deadline-hours"],
      [submit("--yes", "--consensus", "most"), 2, "--consensus"],
      [submit("--yes", "--requirements", "{"), 1, "JSON object"],
      [submit("--yes", "--requirements", '{"model_cid":"x"}'), 1, "leave them out"],
      [submit("--yes", "--requirements", '{"framework":"abacus"}'), 1, "no node knows"],
      [submit("--yes", "-r", "0.0001"), 1, "0.001 ETH to each node"],
      [submit("--yes", "-r", "0"), 2, "--reward"],
      [submit("--yes", "-r", "1"), 1, "the account has 1"],
      [submit("--yes", "-m", "nowhere"), 2, "is no CID"],
      [submit("--yes", "-i", "empty"), 2, "it is empty"],
      [submit(), 1, "no terminal"],
      [["task", "fund", "0", "1", "--yes", ...locked()], 2, "no task's number"],
      [["task", "fund", "1", "-1", "--yes", ...locked()], 2, ""],
      [["task", "list", "--limit", "0"], 2, "--limit"],
      [["task", "list", "--v1"], 1, "no such task registry"],
      [["task", "cancel", "1"], 1, "cannot cancel"],
      [["rewards", "claim"], 1, "by themselves"],
      [["validator", "register"], 1, "no registry of validators"],
    ];
    for (const [args, code, why] of slips) {
      const ended = await oarn(args);
      expect([args.join(" "), ended.code, ended.stdout]).toEqual([args.join(" "), code, ""]);
      expect(ended.stderr).toContain(why);
    }
    expect(ipfs.calls.filter(({ command }) => command === "add")).toEqual([]);
    expect(await world.client.getTransactionCount({ address })).toBe(0);
  }, 120_000);
});

describe("a wallet", () => {
  test("its words make the same account elsewhere; no key is overwritten, and nothing shows them", async () => {
    const address = await ready(undefined, walletOfWords);
    expect(statSync(join(outside, "words")).mode & 0o777).toBe(0o600);
    const words = readFileSync(join(outside, "words"), "utf8").trim().split(" ");
    expect(words).toHaveLength(24);
    const stored = readFileSync(join(home, "keys", "oarn.json"), "utf8");
    expect(stored).toContain("argon2id");
    const again = await oarn(["wallet", "create", "--words-file", "words2", ...locked()]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("There is a key")]);
    const other = await oarn(["wallet", "import", "words", ...locked()]);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("There is a key")]);
    expect(readFileSync(join(home, "keys", "oarn.json"), "utf8")).toBe(stored);
    const elsewhere = makeHome();
    const brought = await fxn(["oarn", "wallet", "import", "words", "--home", elsewhere], {
      env: { OARN_WALLET_PASSWORD: "other horse" },
      cwd: outside,
    });
    removeHome(elsewhere);
    expect([brought.code, brought.stderr]).toEqual([0, ""]);
    expect(addressIn(brought.stdout)).toBe(address);
    expect(brought.stdout).not.toContain(words.slice(0, 3).join(" "));
  }, 60_000);

  test("a hex key by OARN_WALLET_PASSWORD is opened by fxn start with the same variable; ETH can be sent from it", async () => {
    const init = ["--rpc", world.rpcUrl, "--chain-id", String(CHAIN_ID), "--registry", world.v2, "--ipfs", ipfs.url];
    await oarn(["init", ...init]);
    const key = `0x${"5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"}`;
    const env = { OARN_WALLET_PASSWORD: "correct horse" };
    const brought = await oarn(["wallet", "import", file("key", key, 0o644)], env);
    expect([brought.code, brought.stderr]).toEqual([0, expect.stringContaining("others can read")]);
    expect(brought.stdout + brought.stderr).not.toContain(key.slice(2, 12));
    const node = await startNode(home, { env: { ...SETTINGS, ...env } });
    await until(async () => (await oarn(["status"])).stdout.includes(world.v2), 20_000);
    const sent = await oarn(["wallet", "send", world.v1, "0.5", "--yes"], env);
    expect([sent.code, sent.stdout]).toEqual([1, ""]);
    const to = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    const fine = await oarn(["wallet", "send", to, "0.5", "--yes"], env);
    expect([fine.code, fine.stderr]).toEqual([0, ""]);
    expect(await node.stop()).toBe(0);
  }, 60_000);

  test("without a terminal the words go nowhere, and no key is made", async () => {
    const { code, stdout, stderr } = await oarn(["wallet", "create", ...locked()]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("--words-file");
    expect((await oarn(["wallet", "balance"])).stderr).toContain("There is no key");
  });
});

test("a prompt is answered by the home's own model server, with no node and no chain", async () => {
  await ready();
  model.behave = stream({ tokens: ["forty", "-two"] });
  const { code, stdout, stderr } = await oarn(["local", "inference", "six times seven"]);
  expect([code, stdout, stderr]).toEqual([0, "forty-two\n", ""]);
  expect((await oarn(["local", "inference", "hi", "--model", "other"])).code).toBe(1);
});

test("models are listed, described, got and removed by Ollama's own API", async () => {
  const asked: string[] = [];
  const ollama = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      asked.push(`${request.method} ${pathname} ${await request.text()}`);
      if (pathname === "/api/tags") return Response.json({ models: [{ name: "tiny:1b", size: 1.3e9, details: {} }] });
      if (pathname === "/api/show") return Response.json({ details: { family: "tiny" }, model_info: {} });
      if (pathname === "/api/pull") return new Response('{"status":"pulling manifest"}\n{"status":"success"}\n');
      return Response.json({ error: "model 'gone' not found" }, { status: 404 });
    },
  });
  const at = ["--url", `http://127.0.0.1:${ollama.port}`];
  expect((await oarn(["model", "list", ...at])).stdout).toContain("tiny:1b");
  expect(await json(["model", "info", "tiny:1b", ...at])).toMatchObject({ name: "tiny:1b", family: "tiny" });
  const got = await oarn(["model", "pull", "tiny:1b", ...at]);
  expect([got.code, got.stdout, got.stderr]).toEqual([0, "Ollama has tiny:1b.\n", "pulling manifest\nsuccess\n"]);
  const gone = await oarn(["model", "remove", "gone", ...at]);
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("model 'gone' not found")]);
  expect((await oarn(["model", "pull", "../x", ...at])).code).toBe(2);
  expect(asked.map((one) => one.split(" ").slice(0, 2).join(" "))).toEqual([
    "GET /api/tags",
    "POST /api/show",
    "POST /api/pull",
    "DELETE /api/delete",
  ]);
  await ollama.stop(true);
});
