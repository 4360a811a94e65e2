import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createPublicClient, http, parseAbi, zeroAddress } from "viem";
import { type Chain, startChain } from "./chain.ts";
import { someone } from "./registries.ts";

const providerAbi = parseAbi([
  "struct Provider { address owner; bytes id; uint256 modelId; uint256 registeredAt; string metadata; bool paused; }",
  "function getProvider(bytes id) view returns (Provider)",
  "function getProviderIdsByOwner(address owner) view returns (bytes[])",
  "function active(bytes id) view returns (bool)",
  "function FUNC() view returns (address)",
  "function register(bytes id, uint256 modelId, string metadata)",
  "function updateMetadata(bytes id, string metadata)",
  "function pause(bytes id)",
]);
const ALICE = someone(1);
const BOB = someone(2);

describe("the sandbox chain", () => {
  let chain: Chain;
  beforeAll(async () => {
    chain = await startChain({ chainId: 4242 });
  });
  afterAll(() => chain.stop());

  const client = () => createPublicClient({ transport: http(chain.rpcUrl, { retryCount: 0, timeout: 300 }) });
  const contract = () => ({ address: chain.providerRegistry, abi: providerAbi }) as const;

  test("its contracts answer to the documented signatures", async () => {
    await chain.addProvider(ALICE, 7n, `{"url":"http://alice"}`);
    const reader = client();
    expect(await reader.getChainId()).toBe(4242);
    const provider = await reader.readContract({ ...contract(), functionName: "getProvider", args: [ALICE] });
    expect(provider).toMatchObject({ id: ALICE, modelId: 7n, metadata: `{"url":"http://alice"}`, paused: false });
    expect(provider.owner.toLowerCase()).toBe(ALICE);
    const byOwner = { ...contract(), functionName: "getProviderIdsByOwner" } as const;
    expect(await reader.readContract({ ...byOwner, args: [ALICE] })).toEqual([ALICE]);
    expect(await reader.readContract({ ...byOwner, args: [BOB] })).toEqual([]);
    expect(await reader.readContract({ ...contract(), functionName: "FUNC" })).toBe(zeroAddress);
    expect(await reader.readContract({ ...contract(), functionName: "active", args: [ALICE] })).toBe(true);
    await chain.pauseProvider(ALICE);
    expect(await reader.readContract({ ...contract(), functionName: "active", args: [ALICE] })).toBe(false);
  });

  test("its provider registry refuses what the network's refuses", async () => {
    const as = (account: typeof ALICE) => ({ ...contract(), account }) as const;
    const register = (id: `0x${string}`, metadata: string) =>
      client().simulateContract({ ...as(BOB), functionName: "register", args: [id, 1n, metadata] });
    await register(`0x${"11".repeat(64)}`, "m".repeat(1024));
    await expect(register(`0x${"11".repeat(65)}`, "")).rejects.toThrow("bad id");
    await expect(register("0x11", "m".repeat(1025))).rejects.toThrow("metadata too long");
    await expect(register(ALICE, "")).rejects.toThrow("already registered");
    const mine = { ...as(BOB), args: [ALICE] } as const;
    await expect(client().simulateContract({ ...mine, functionName: "pause" })).rejects.toThrow("not the owner");
    const update = { ...as(ALICE), functionName: "updateMetadata" } as const;
    await client().simulateContract({ ...update, args: [ALICE, "{}"] });
  });

  test("it can hang, go away, and come back as it was", async () => {
    await chain.addProvider(BOB);
    await chain.freeze();
    await expect(client().getBlockNumber()).rejects.toThrow("took too long");
    chain.thaw();
    const block = await client().getBlockNumber();
    await chain.down();
    await expect(client().getBlockNumber()).rejects.toThrow("HTTP request failed");
    await chain.up();
    expect(await client().getBlockNumber()).toBe(block);
    expect(await client().readContract({ ...contract(), functionName: "active", args: [BOB] })).toBe(true);
  });
});
