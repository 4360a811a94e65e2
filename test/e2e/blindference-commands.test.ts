// A newcomer's path through Blindference by the compiled binary: init, models, attest, stake, look, unstake, on a chain of this machine.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEther } from "viem";
import { stringify } from "yaml";
import { Secret } from "../../src/core/secret.ts";
import { saveKey } from "../../src/keys/key-store.ts";
import { encryptKey } from "../../src/keys/keystore-v3.ts";
import { CONTRACTS, NOBODY } from "../../src/networks/blindference/contracts/addresses.ts";
import { AVAILABILITY } from "../../src/networks/blindference/contracts/availability.ts";
import { accountOf } from "../fakes/blindference-account.ts";
import { type BlindferenceServer, serveBlindference } from "../fakes/blindference-server.ts";
import { GROQ, World } from "../fakes/blindference-world.ts";
import { json, ModelServer, stream } from "../fakes/model-server.ts";
import { type BlindferenceRig, startBlindferenceRig } from "../sandbox/blindference/rig.ts";
import { ANY_PORTS, fxn, killAll, makeHome, removeHome, startNode } from "./node.ts";
import { until } from "./until.ts";

const PASSWORD = "correct horse";
const KEYS = ["2", "3", "5", "6", "7", "8", "9", "b", "c"].map((digit) => digit.repeat(64));
const HOURS_96 = 345_600;

let rig: BlindferenceRig;
let model: ModelServer;
let world: World;
let server: BlindferenceServer;
let home: string;
let key = "";

beforeAll(async () => {
  [rig, model] = await Promise.all([startBlindferenceRig(), ModelServer.start()]);
});
afterAll(async () => {
  await model.stop();
  await rig.stop();
});
beforeEach(() => {
  world = new World(Date.now);
  server = serveBlindference(world);
  home = makeHome();
  key = KEYS.pop() ?? expect.unreachable("one key for each test");
  model.behave = stream({ tokens: ["fo", "ur"] });
});
afterEach(async () => {
  await killAll();
  await server.stop();
  removeHome(home);
});

const node = () => accountOf(key);
const env = () => ({ BLF_KEY_PASSWORD: PASSWORD });

/** Nothing that a command prints may hold the key. */
async function blf(args: readonly string[], more: Record<string, string> = env()) {
  const done = await fxn(["blindference", ...args, "--home", home], { env: more });
  expect(done.stdout + done.stderr).not.toContain(key);
  expect(done.stdout + done.stderr).not.toContain(PASSWORD);
  return done;
}

async function asJson(...args: string[]) {
  const { stdout, stderr, code } = await blf([...args, "--json"]);
  return { code, stderr, ...JSON.parse(stdout || "{}") };
}

/** A key as the commands write it, but with a password that is cheap to try: most tests open it over and over. */
async function saveCheapKey(): Promise<void> {
  const text = await encryptKey(Buffer.from(key, "hex"), new Secret(PASSWORD), { n: 2 });
  saveKey(home, "blindference", text);
}

/** A home of a node that has a model, BLIND and ETH. */
async function ready(): Promise<void> {
  await saveCheapKey();
  await init();
}

async function init(): Promise<void> {
  const backend = { id: "llama-3.3-70b-versatile", backends: [{ url: model.url }] };
  writeFileSync(join(home, "model_backend.yaml"), stringify({ models: [backend] }), { mode: 0o600 });
  const made = await blf(["init", "--yes", "--url", server.url, "--rpc-url", rig.url], {
    ...env(),
    BLF_PRIVATE_KEY: key,
  });
  expect([made.code, made.stderr]).toEqual([0, ""]);
  expect(made.stdout).toContain(node().checksumAddress);
  await rig.client.setBalance({ address: node().address, value: parseEther("1") });
  await rig.fund(node().address, parseEther("5000"));
}

async function later(seconds: number): Promise<void> {
  await rig.client.increaseTime({ seconds });
  await rig.client.mine({ blocks: 1 });
}

describe("init", () => {
  test("imports the key of the variable, names what can be run, and writes no variable down", async () => {
    await init();
    const config = readFileSync(join(home, "config.yaml"), "utf8");
    expect(config).toContain(GROQ);
    expect(config).not.toContain("gemini");
    expect(config).not.toContain(key);
    expect(statSync(join(home, "keys", "blindference.json")).mode & 0o777).toBe(0o600);
    const before = readFileSync(join(home, "keys", "blindference.json"), "utf8");
    const again = await blf(["init", "--yes"], { ...env(), BLF_PRIVATE_KEY: "4".repeat(64) });
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("another one than that of the import")]);
    expect((await blf(["init", "--yes"])).stdout).toContain("kept ");
    expect(readFileSync(join(home, "keys", "blindference.json"), "utf8")).toBe(before);
  });

  test("never with the empty password, nor without one; and nothing is written then", async () => {
    const none = await blf(["init"], {});
    expect([none.code, none.stderr]).toEqual([77, expect.stringContaining("The key needs a password")]);
    const empty = await blf(["init"], { BLF_KEY_PASSWORD: "", BLF_PRIVATE_KEY: key });
    expect([empty.code, empty.stderr]).toEqual([77, expect.stringContaining("$BLF_KEY_PASSWORD is empty")]);
    const status = await blf(["status"], {});
    expect([status.code, status.stderr]).toEqual([1, expect.stringContaining("There is no key")]);
  });
});

test("attested, and recorded on chain without a question where nobody is there to be asked", async () => {
  await ready();
  // A registration that costs ETH beyond its gas is not made unasked, and keeps the record away from nobody.
  await rig.write("NodeRegistry", "setMinStake", [1n]);
  const dear = await asJson("attest", "--register-on-chain");
  expect([dear.code, dear.stderr]).toEqual([
    ...[0, expect.stringContaining("fxn: not registered in NodeRegistry: There is no terminal")],
  ]);
  expect(dear.onChain).toMatchObject({ valid: true, transactions: [{ what: "record" }] });
  await rig.write("NodeRegistry", "setMinStake", [0n]);
  const { nodeRegistry: address } = CONTRACTS;
  const bytecode = (await rig.client.getCode({ address })) ?? "0x";
  await rig.client.setCode({ address, bytecode: "0x" });
  const gone = await asJson("attest", "--register-on-chain");
  expect([gone.code, gone.stderr]).toEqual([0, expect.stringContaining("there is no NodeRegistry")]);
  await rig.client.setCode({ address, bytecode });
  // Attested, at the coordinator of config.yaml, and recorded without a question: there is nobody to ask.
  const attested = await blf(["attest", "--mock", "--tee-key", "canary-tee", "--register-on-chain"]);
  expect(attested.code).toBe(0);
  expect(attested.stdout).toContain("a mock: it proves nothing");
  expect(attested.stdout + attested.stderr).not.toContain("canary-tee");
  expect(world.icl.operators.get(node().checksumAddress)?.models).toEqual([GROQ]);
  expect(await rig.read("NodeAttestationRegistry", "hasValid", [node().address, AVAILABILITY, NOBODY])).toBe(true);
  expect(await rig.read("NodeRegistry", "getNode", [node().address])).toMatchObject({ models: [GROQ] });
  const twice = await asJson("attest", "--register-on-chain");
  expect(twice.onChain).toMatchObject({ registration: { state: "registered before" }, valid: true });

  expect(await asJson("status")).toMatchObject({
    ...{ code: 0, enabled: true, running: false, address: node().checksumAddress, models: [GROQ] },
    certificate: { tier: 0, valid: true },
    chain: {
      record: { value: true },
      recordEnds: { value: twice.onChain.until },
      registered: { value: { registered: true } },
    },
  });
}, 60_000);

test("a stake: asked for, priced, topped up by 1000 at least, unstaked, and back after 96 hours of the chain", async () => {
  await ready();
  // Money does not move unasked.
  const unasked = await blf(["staking", "stake", "1000"]);
  expect([unasked.code, unasked.stderr]).toEqual([
    ...[1, "fxn: There is no terminal on which to confirm\n  Give --yes to send without asking.\n"],
  ]);
  const staked = await blf(["staking", "stake", "1000.000000000000000001", "--yes"]);
  expect([staked.code, staked.stderr]).toEqual([0, ""]);
  expect(staked.stdout).toMatch(
    /Gas {6}0\.0\d+ ETH at most \(approve\)\nSent[^\n]+\nGas {6}0\.0\d+ ETH at most \(stake\)/,
  );
  expect(await rig.read("BlindferenceStaking", "getStakeInfo", [node().address])).toMatchObject({
    staked: parseEther("1000") + 1n,
  });
  expect(await rig.read("Blind", "allowance", [node().address, "0x222Ac74201Ed58915e42Ee5be626d939fd234D0b"])).toBe(0n);
  const small = await blf(["staking", "stake", "1", "--yes"]);
  expect([small.code, small.stderr]).toEqual([1, "fxn: each call stakes 1000 BLIND at least, a later one too\n"]);

  // Looking needs no password.
  expect((await blf(["staking", "status"], {})).stdout).toContain("1000.000000000000000001 BLIND");
  expect((await blf(["balance"], {})).stdout).toContain("BLIND    3999.999999999999999999\n");
  const { chain, code } = await asJson("status");
  expect([code, chain.record, chain.stake.value.staked]).toEqual([
    ...[0, { value: false, problem: null }, "1000.000000000000000001"],
  ]);

  const early = await blf(["staking", "withdraw", "--yes"]);
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining("nothing is being unstaked")]);
  const unstaked = await asJson("staking", "unstake", "--yes");
  const { timestamp } = await rig.client.getBlock({ blockNumber: BigInt(unstaked.transactions[0].block) });
  const availableAt = new Date((Number(timestamp) + HOURS_96) * 1000).toISOString();
  expect(unstaked.stake).toMatchObject({ staked: "0", active: false, availableAt });
  await later(HOURS_96 - 600);
  const still = await blf(["staking", "withdraw", "--yes"]);
  expect([still.code, still.stderr]).toEqual([1, `fxn: it can be withdrawn at ${availableAt}\n`]);
  await later(600);
  expect((await blf(["staking", "withdraw", "--yes"])).stdout).toContain("Back     1000.000000000000000001 BLIND");
  expect(await rig.read("Blind", "balanceOf", [node().address])).toBe(parseEther("5000"));
}, 120_000);

test("models are tried in the network's words; what no model server has is not runnable, never a mock", async () => {
  await ready();
  const tried = await blf(["models", "test", GROQ, "What is 2+2?"]);
  expect([tried.code, tried.stdout]).toEqual([0, "four\n"]);
  const sent = JSON.parse(String(model.received.at(-1)?.body));
  expect(sent).toMatchObject({ temperature: 0, seed: 42, max_completion_tokens: 512 });
  expect(sent.messages[1].content).toMatch(/^\[seed_anchor:[0-9a-f]{16}\]\n\nWhat is 2\+2\?$/);
  expect((await asJson("models", "test", "--backend", "groq", "--prompt", "x")).answer).toBe("four");
  const missing = await blf(["models", "test", "--model", "facebook/opt-125m"]);
  expect([missing.code, missing.stdout]).toEqual([1, ""]);
  expect(missing.stderr).toContain("facebook/opt-125m is not runnable: no model server has facebook/opt-125m");
  const { models } = await asJson("models", "list");
  expect(models).toMatchObject([
    { model: GROQ, named: true, runnable: true, askedAs: "llama-3.3-70b-versatile" },
    { model: "gemini:gemini-2.5-flash", named: false, runnable: false },
    { model: "facebook/opt-125m", named: false, runnable: false },
  ]);
  expect((await blf(["test-determinism"])).code).toBe(0);
  let count = 0;
  model.behave = (received, response) => stream({ tokens: [`answer ${++count}`] })(received, response);
  const differs = await blf(["test-determinism", "--prompt", "Hi"]);
  expect([differs.code, differs.stdout]).toEqual([
    1,
    expect.stringContaining("DOES NOT answer the same twice, from character 8"),
  ]);
  expect((await blf(["test-determinism", "--model", "facebook/opt-125m"])).code).toBe(1);
  model.behave = json({ error: "down" }, 500);
  const down = await blf(["models", "test", GROQ]);
  expect([down.code, down.stdout]).toEqual([1, ""]);
}, 60_000);

test("jobs and earnings are the payment service's; nothing has to be claimed", async () => {
  await ready();
  const path = `/v1/nodes/${node().checksumAddress}`;
  const job = { job_id: "j\u001b[31m1", role: "leader", status: "COMPLETED", amount_blind_earned: 0.6, model_id: GROQ };
  world.payments.set(`${path}/jobs`, {
    jobs: [job, { ...job, job_id: "j2", status: "RUNNING", amount_blind_earned: null }],
  });
  world.payments.set(`${path}/earnings`, { total_blind_earned: "0.6", jobs_count: 1 });
  const more = { BLF_PAYMENT_SERVICE_URL: `${server.base}/pay` };
  const listed = await blf(["jobs", "list"], more);
  expect(listed.stdout).toContain("0.6");
  expect(listed.stdout).not.toContain("\u001b");
  expect((await blf(["jobs", "earnings"], more)).stdout).toBe("0.6 BLIND from 1 jobs\n");
  expect((await blf(["jobs", "claim"], {})).stdout).toContain("Nothing has to be claimed");
  expect((await blf(["jobs", "list", "--limit", "0"], more)).code).toBe(2);
}, 30_000);

test("a running node renews the record in its last week, and status says when it ends", async () => {
  await ready();
  const { onChain } = await asJson("attest", "--register-on-chain");
  const path = join(home, "config.yaml");
  const config = readFileSync(path, "utf8").replace(
    "  blindference:",
    "  blindference:\n    intervals: { watchdog: 200ms }",
  );
  writeFileSync(path, `${config}\nadmin: { listen: "127.0.0.1:0" }\nnode: { listenPort: 0 }\n`);
  const running = await startNode(home, { env: { ...ANY_PORTS, ...env() } });
  const ends = async () => (await asJson("status")).chain.recordEnds.value;
  expect(await ends()).toBe(onChain.until);
  await later(25 * 24 * 3600);
  await until(async () => (await ends()) > onChain.until, 30_000);
  expect(await rig.read("NodeAttestationRegistry", "hasValid", [node().address, AVAILABILITY, NOBODY])).toBe(true);
  expect(running.log()).toContain("the record on chain was renewed");
  expect((await blf(["status"], {})).stdout).toContain("ends 20");
  expect(await running.stop()).toBe(0);
}, 90_000);

test("run is start, and refuses where the network is off", async () => {
  const off = await blf(["run"]);
  expect([off.code, off.stderr]).toEqual([1, expect.stringContaining("Blindference is off in this home")]);
  await ready();
  const path = join(home, "config.yaml");
  writeFileSync(path, `${readFileSync(path, "utf8")}\nadmin: { listen: "127.0.0.1:0" }\nnode: { listenPort: 0 }\n`);
  const running = await startNode(home, { command: ["blindference", "run"], env: { ...ANY_PORTS, ...env() } });
  expect((await blf(["status"], {})).stdout).toContain("Node        runs");
  expect(await running.stop()).toBe(0);
}, 60_000);
