import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { namehash, parseEther, zeroAddress } from "viem";
import { OarnTestChain } from "../../../../test/fakes/oarn-chain.ts";
import { CHAIN_ID, NODES, type OarnWorld, OWNER, startOarnWorld } from "../../../../test/sandbox/oarn/world.ts";
import type { Address } from "../../../core/address.ts";
import type { ChainUse } from "../../ports.ts";
import { settings } from "../settings.ts";
import { discover } from "./discover.ts";
import { multiaddrOf } from "./ens.ts";
import { usableRpc } from "./providers.ts";

const PEER = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";
let world: OarnWorld;
beforeAll(async () => {
  world = await startOarnWorld();
});
afterAll(() => world.stop());

async function found(written: object) {
  const uses: ChainUse[] = [];
  const chain = (use: ChainUse) => {
    uses.push(use);
    return new OarnTestChain(use.chainId, use.rpcUrls[0] ?? "", NODES[0]!);
  };
  const result = await discover(settings.parse(written), { chain, rank: () => 0 });
  return { ...result, uses, at: result.registries.map(({ address, version }) => [version.number, address]) };
}

const chained = (contracts: object, more: object = {}) => ({
  blockchain: { chainId: CHAIN_ID, rpcUrls: [world.rpcUrl], contracts },
  ...more,
});

async function directory(name = "OARNRegistry"): Promise<Address> {
  const address = await world.deploy(name, [world.v1, world.token]);
  if (name === "OARNRegistry") await world.write(name, address, "setTaskRegistryV2", [world.v2]);
  return address;
}

describe("the directory on chain", () => {
  test("the later version names both registries; listed RPCs and nodes are used, empty and inactive ones are not", async () => {
    const oarnRegistry = await directory();
    const add = (name: string, ...args: unknown[]) => world.write("OARNRegistry", oarnRegistry, name, args);
    await add("addRPCProviderAdmin", "https://rpc.example", "", NODES[0]);
    await add("addRPCProviderAdmin", "ftp://rpc.example", "", NODES[1]);
    await add("addBootstrapNodeAdmin", PEER, "/ip4/192.0.2.1/tcp/4001", "", "", NODES[0]);
    await add("addBootstrapNodeAdmin", PEER, "", "", "", NODES[1]);
    const { at, uses, bootstrap, tokenReward, problems } = await found(chained({ oarnRegistry }));
    expect(at).toEqual([
      [2, world.v2],
      [1, world.v1],
    ]);
    expect(uses.map(({ rpcUrls }) => rpcUrls)).toEqual([[world.rpcUrl], [world.rpcUrl, "https://rpc.example"]]);
    expect(bootstrap).toEqual([`/ip4/192.0.2.1/tcp/4001/p2p/${PEER}`]);
    expect(tokenReward).toBe(world.token);
    expect(problems).toEqual([]);
    expect((await found(chained({ oarnRegistry }, { discovery: { useProviders: false } }))).uses).toHaveLength(1);
  });

  test("attack: a directory full of RPCs: a few are taken", async () => {
    const oarnRegistry = await directory();
    for (let index = 10; index < 22; index++) {
      const entry = [`https://rpc.a${index}.example`, "", `0x${index}${"0".repeat(38)}`];
      await world.write("OARNRegistry", oarnRegistry, "addRPCProviderAdmin", entry);
    }
    const { uses } = await found(chained({ oarnRegistry }));
    expect(uses.at(-1)?.rpcUrls).toHaveLength(1 + 8);
  });

  test("the first version knows no second registry", async () => {
    const { at } = await found(chained({ oarnRegistry: await directory("OARNRegistryFirst") }));
    expect(at).toEqual([[1, world.v1]]);
  });

  test("a counter that went wrong makes the list revert: then it is walked", async () => {
    const oarnRegistry = await directory();
    for (const [index, node] of NODES.entries())
      await world.write("OARNRegistry", oarnRegistry, "addRPCProviderAdmin", [`https://r${index}.example`, "", node]);
    for (let twice = 0; twice < 2; twice++)
      await world.write("OARNRegistry", oarnRegistry, "slashRPCProvider", [1n, 0n, "late"]);
    const reads = world.client.readContract({
      address: oarnRegistry,
      abi: world.contract("OARNRegistry").abi,
      functionName: "getActiveRPCProviders",
    });
    expect(await reads.then(() => "", String)).toContain("index is out of bounds");
    const { uses } = await found(chained({ oarnRegistry }));
    expect(uses[1]?.rpcUrls.slice(1).toSorted()).toEqual(["https://r1.example", "https://r2.example"]);
  });

  test("manual asks nobody, and several registries may be named", async () => {
    const other = await world.deploy("TaskRegistryV2", [world.token]);
    const contracts = { oarnRegistry: await directory(), taskRegistryV2: [world.v2, other] };
    const { at } = await found(chained(contracts, { discovery: { method: "manual" } }));
    expect(at).toEqual([
      [2, world.v2],
      [2, other],
    ]);
  });
});

describe("ENS", () => {
  test("the directory, RPCs and nodes by name, and a contract by its own name", async () => {
    const registry = await world.deploy("EnsRegistry");
    const resolver = await world.deploy("EnsResolver");
    const name = async (label: string, functionName: string, ...args: unknown[]) => {
      await world.write("EnsRegistry", registry, "setResolver", [namehash(label), resolver]);
      await world.write("EnsResolver", resolver, functionName, [namehash(label), ...args]);
    };
    await name("oarn-registry.eth", "setAddr", await directory());
    await name("oarn-rpc.eth", "setText", "rpc", ` ${world.rpcUrl} , wss://x.example, ftp://y`);
    await name(
      "oarn-bootstrap.eth",
      "setText",
      "nodes",
      `${PEER}@/ip4/192.0.2.1/tcp/1; /ip4/192.0.2.2/tcp/1/p2p/${PEER};bad`,
    );
    const other = await world.deploy("TaskRegistry", [world.token]);
    await name("task-registry.oarn.eth", "setAddr", other);
    const ens = { rpcUrls: [world.rpcUrl], registry, chainId: CHAIN_ID };
    const { at, bootstrap, uses } = await found({ blockchain: { chainId: CHAIN_ID }, discovery: { ens } });
    expect(at).toEqual([
      [2, world.v2],
      [1, other],
      [1, world.v1],
    ]);
    expect(uses.map(({ rpcUrls }) => rpcUrls)).toEqual([[world.rpcUrl], [world.rpcUrl]]);
    expect(uses[0]?.gasPerDay).toBe(0n);
    expect(bootstrap).toEqual([`/ip4/192.0.2.1/tcp/1/p2p/${PEER}`, `/ip4/192.0.2.2/tcp/1/p2p/${PEER}`]);
  });

  test("names that nobody has registered are no failure", async () => {
    const registry = await world.deploy("EnsRegistry");
    const ens = { rpcUrls: [world.rpcUrl], registry, chainId: CHAIN_ID };
    const { at } = await found(chained({ taskRegistryV2: [world.v2] }, { discovery: { ens } }));
    expect(at).toEqual([[2, world.v2]]);
  });
});

describe("what is not as it should be", () => {
  test("an address without a contract, or with another one, is told and left out", async () => {
    const { at, problems } = await found(chained({ taskRegistryV2: [OWNER, world.token, world.v2] }));
    expect(at).toEqual([[2, world.v2]]);
    expect(problems[0]).toContain(`there is no contract at ${OWNER}`);
    expect(problems[1]).toContain(world.token);
  });

  test("no RPC and no registry: an error that says what to set", async () => {
    expect(await found({}).then(() => "", String)).toContain("no RPC of chain 421614 is known");
    expect(await found(chained({})).then(() => "", String)).toContain("there is no task registry");
    expect(await found(chained({ oarnRegistry: zeroAddress })).then(() => "", String)).toContain(
      "there is no contract at",
    );
  });
});

test("providers of strangers are public, and https", () => {
  for (const url of ["https://rpc.example", "https://rpc.example:8443/key", "https://8.8.8.8"])
    expect(usableRpc(url, 421_614)).toBe(true);
  for (const url of [
    "http://rpc.example",
    "https://127.0.0.1",
    "https://[::1]",
    "https://169.254.169.254/x",
    "https://localhost",
    "https://router.local",
    "https://user:pw@rpc.example",
    "https://intranet",
    "nonsense",
    `https://rpc.example/${"x".repeat(300)}`,
  ])
    expect(usableRpc(url, 421_614)).toBe(false);
  expect(usableRpc("http://127.0.0.1:8545", CHAIN_ID)).toBe(true);
});

test("entries of bootstrap nodes", () => {
  expect(multiaddrOf(`${PEER}@/dns4/x/tcp/1`)).toBe(`/dns4/x/tcp/1/p2p/${PEER}`);
  expect(multiaddrOf(`/ip4/1.2.3.4/tcp/1`)).toBeUndefined();
  expect(multiaddrOf(`/ip4/1.2.3.4/tcp/1/p2p/${PEER}/p2p/${PEER}`)).toBeUndefined();
});

test("staking as a provider is as expensive as it is documented", async () => {
  const at = await directory();
  const value = parseEther("4999");
  const tried = world.write("OARNRegistry", at, "registerRPCProvider", ["https://x", ""], NODES[0], value);
  expect(await tried.then(() => "", String)).toContain("reverted");
});
