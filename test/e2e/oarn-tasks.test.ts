// What OARN's commands say of a task that is settled, and how a task of V1 is ended, through the compiled binary.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEther } from "viem";
import { z } from "zod";
import { type Address, parseAddress } from "../../src/core/address.ts";
import { CHAIN_ID, NODES, type OarnWorld, REQUESTER, startOarnWorld } from "../sandbox/oarn/world.ts";
import { fxn, makeHome, removeHome } from "./node.ts";

const A = `0x${"aa".repeat(32)}` as const;
const B = `0x${"bb".repeat(32)}` as const;
const task = { modelHash: A, inputHash: B, requirements: "{}" };

let world: OarnWorld;
let home: string;
let outside: string;
beforeAll(async () => {
  world = await startOarnWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  home = makeHome();
  outside = makeHome();
  writeFileSync(join(outside, "password"), "correct horse", { mode: 0o600 });
  const init = ["--rpc", world.rpcUrl, "--chain-id", String(CHAIN_ID), "--registry", world.v2];
  expect((await oarn(["init", ...init])).code).toBe(0);
});
afterEach(() => {
  removeHome(home);
  removeHome(outside);
});

const locked = () => ["--password-file", join(outside, "password")];
const oarn = (args: readonly string[]) =>
  fxn(["oarn", ...args, "--home", home], {
    env: { FXN_NETWORKS_OARN_BLOCKCHAIN_CONTRACTS_TASK_REGISTRY: world.v1 },
    cwd: outside,
  });

async function json(args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await oarn([...args, "--json"]);
  expect([code, stderr.match(/fxn: .*/)?.[0] ?? ""]).toEqual([0, ""]);
  return z.record(z.string(), z.unknown()).parse(JSON.parse(stdout));
}

async function deliver(id: bigint, hashes: readonly `0x${string}`[]): Promise<void> {
  for (const [index, hash] of hashes.entries()) {
    await world.write("TaskRegistryV2", world.v2, "claimTask", [id], NODES[index]);
    await world.write("TaskRegistryV2", world.v2, "submitResult", [id, hash], NODES[index]);
  }
}

/** An account with ETH. */
async function account(): Promise<Address> {
  const made = await oarn(["wallet", "create", "--words-file", "words", ...locked()]);
  const address = parseAddress(/0x[0-9a-fA-F]{40}/.exec(made.stdout)?.[0] ?? "");
  if (!address) throw new Error(`no address in ${made.stdout}${made.stderr}`);
  await world.client.setBalance({ address, value: parseEther("1") });
  return address;
}

test("results are shown as they come, then on which the nodes agreed, and who did not", async () => {
  const id = await world.submitV2(task);
  await deliver(id, [A]);
  const consensus = () => json(["task", "consensus", String(id)]);
  expect(await consensus()).toMatchObject({
    ...{ task_id: Number(id), status: "active", consensus_type: "majority", threshold_percent: 50.01 },
    ...{ required_nodes: 3, total_submissions: 1, unique_results: 1, reached: false, winning_hash: null },
    results: [{ node: NODES[0], result_hash: A, matches_consensus: null }],
  });
  for (const [index, hash] of [B, A].entries()) {
    await world.write("TaskRegistryV2", world.v2, "claimTask", [id], NODES[index + 1]);
    await world.write("TaskRegistryV2", world.v2, "submitResult", [id, hash], NODES[index + 1]);
  }
  const found = await consensus();
  expect(found).toMatchObject({ status: "completed", reached: true, winning_hash: A, winning_count: 2 });
  expect(z.array(z.object({ matches_consensus: z.boolean() })).parse(found.results)).toEqual(
    [true, false, true].map((matches_consensus) => ({ matches_consensus })),
  );
  const text = (await oarn(["tasks", "consensus", String(id)])).stdout;
  expect(text).toContain("majority: 50.01% of 3 results");
  expect(text).toContain(`${A}, by 2`);
}, 60_000);

test("a dispute that its owner decides was not agreed on, and has a winner; in V1 nobody has to agree", async () => {
  const id = await world.submitV2({ ...task, consensus: 2 });
  await deliver(id, [A, A, B]);
  expect(await json(["task", "consensus", String(id)])).toMatchObject({
    ...{ status: "disputed", consensus_type: "unanimous", threshold_percent: 100, winning_hash: null },
    ...{ total_submissions: 3, unique_results: 2, reached: false },
  });
  await world.write("TaskRegistryV2", world.v2, "resolveDispute", [id, A]);
  expect(await json(["task", "consensus", String(id)])).toMatchObject({
    ...{ status: "completed", reached: false, winning_hash: A, winning_count: 2 },
  });
  const first = await world.submitV1({ ...task, nodes: 1n });
  const none = await oarn(["task", "consensus", String(first), "--v1"]);
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("every result is paid")]);
}, 60_000);

test("a task of V1 is taken back before it is claimed, and ended after its deadline; V2 has neither", async () => {
  const me = await account();
  const ends = (deed: string, id: bigint, ...more: string[]) =>
    oarn(["task", deed, String(id), "--yes", "--json", ...locked(), ...more]);
  for (const deed of ["cancel", "expire"]) {
    const { code, stderr } = await ends(deed, 1n);
    expect([code, stderr]).toEqual([1, expect.stringContaining("V2 of OARN's registry cannot")]);
  }
  // Of somebody else, so that the contract's words are those that are shown.
  const theirs = await world.submitV1({ ...task, nodes: 2n, deadline: 3600n });
  expect((await ends("cancel", theirs, "--v1")).stderr).toContain("Not task owner");
  expect((await ends("expire", theirs, "--v1")).stderr).toContain("Not expired yet");
  await world.passTime(3601);
  const before = await world.client.getBalance({ address: REQUESTER });
  const ended = await ends("expire", theirs, "--v1");
  expect(ended.code).toBe(0);
  expect(JSON.parse(ended.stdout)).toMatchObject({ success: true, task_id: Number(theirs), version: "v1" });
  expect(await world.client.getBalance({ address: REQUESTER })).toBe(before + parseEther("0.02"));
  expect(await json(["task", "status", String(theirs), "--v1"])).toMatchObject({ status: "expired" });
  const args = [A, B, "{}", parseEther("0.01"), 2n, (await world.now()) + 3600n];
  await world.client.impersonateAccount({ address: me });
  await world.write("TaskRegistry", world.v1, "submitTask", args, me, parseEther("0.02"));
  const paid = await world.client.getBalance({ address: me });
  expect((await ends("cancel", theirs + 1n, "--v1")).code).toBe(0);
  expect(await world.client.getBalance({ address: me })).toBeGreaterThan(paid + parseEther("0.019"));
  expect(await json(["task", "status", String(theirs + 1n), "--v1"])).toMatchObject({ status: "cancelled" });
}, 90_000);
