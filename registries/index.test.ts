import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { toFunctionSelector } from "viem";
import type { Address } from "../src/core/address.ts";
import { type RegistryCase, registryConformance } from "../test/conformance/registries.ts";
import { type Chain, startChain } from "../test/sandbox/chain.ts";
import { openWorld, someone } from "../test/sandbox/registries.ts";
import { hanging, startRpcProxy } from "../test/sandbox/rpc-proxy.ts";

const ALICE = someone(1);
const BOB = someone(2);
const CAROL = someone(3);
const DAVE = someone(4);
const SCHEDULER = someone(5);
const SELF = someone(6);
const HOUR = 3_600_000;

const listing: Record<RegistryCase["name"], (chain: Chain) => Promise<Address[]>> = {
  async gateways(chain) {
    await chain.addGateway(ALICE);
    await chain.addGateway(BOB, "raw");
    return [ALICE, BOB];
  },
  schedulers: async () => [SCHEDULER],
  async providers(chain) {
    await chain.addProvider(ALICE);
    return [ALICE];
  },
};

for (const name of ["gateways", "schedulers", "providers"] as const) {
  let chain: Chain;
  registryConformance({
    name,
    setUp: async () => {
      chain = await startChain();
      const listed = await listing[name](chain);
      const options = { rpcUrls: [chain.rpcUrl], router: chain.router, scheduler: SCHEDULER };
      return { options, listed, stranger: DAVE, chainGone: () => chain.down() };
    },
    tearDown: () => chain.stop(),
  });
}

test("the conformance suite runs for the whole table", () => {
  const { registries } = openWorld({ rpcUrls: ["http://127.0.0.1:1"], router: ALICE });
  expect(registries.all.map(({ name }) => name).sort()).toEqual(Object.keys(listing).sort());
});

describe("gateways on a chain", () => {
  let chain: Chain;
  beforeAll(async () => {
    chain = await startChain();
  });
  afterAll(() => chain.stop());

  test("every spelling of an id is known; a pause takes effect with the next poll", async () => {
    const { registries, refreshAll, scrape } = openWorld({ rpcUrls: [chain.rpcUrl], router: chain.router });
    await chain.addGateway(ALICE, "text");
    await chain.addGateway(BOB, "checksum");
    await chain.addGateway(CAROL, "upper");
    await chain.addGateway(DAVE, "raw");
    await chain.addGatewayId("0x1234");
    await refreshAll();
    for (const address of [ALICE, BOB, CAROL, DAVE]) expect(registries.gateways.get(address)).toBeDefined();
    expect(await scrape()).toContain('fxn_registry_ignored_entries{registry="gateways"} 1');

    await chain.pauseGateway(BOB);
    await refreshAll();
    expect(registries.gateways.get(BOB)).toBeUndefined();
    expect(registries.gateways.get(ALICE)).toBeDefined();
    expect(await scrape()).toContain('fxn_registry_ignored_entries{registry="gateways"} 2');

    await chain.unpauseGateway(BOB);
    await refreshAll();
    expect(registries.gateways.get(BOB)).toBeDefined();
  });

  test("all reads of one poll are pinned to one block", async () => {
    const proxy = startRpcProxy(chain.rpcUrl);
    const { registries } = openWorld({ rpcUrls: [proxy.url], router: chain.router });
    let calls = 0;
    proxy.misbehave(({ method }) => {
      // The chain moves on in the middle of the poll.
      if (method !== "eth_call" || calls++ > 0) return undefined;
      return chain.addGateway(someone(0x77)).then(() => undefined);
    });
    await registries.gateways.refresh();
    await registries.providers.refresh();
    await proxy.stop();

    const blocks = proxy.calls.filter(({ method }) => method === "eth_call").map(({ params }) => params[1]);
    const [gateways, providers] = [registries.gateways.state().block, registries.providers.state().block];
    const hex = (block: bigint | undefined) => `0x${block?.toString(16)}`;
    expect(providers).toBe((gateways ?? 0n) + 1n);
    expect(blocks).toEqual([...Array(2).fill(hex(gateways)), ...Array(blocks.length - 2).fill(hex(providers))]);
    expect(blocks.length).toBeGreaterThanOrEqual(4);
    expect(registries.gateways.get(someone(0x77))).toBeUndefined();
  });

  test("no Router, another contract in its place, or a Router without registries: said by address and chain", async () => {
    const zero = `0x${"00".repeat(20)}` as const;
    const errorWith = async (router: Address) => {
      const { registries, refreshAll } = openWorld({ rpcUrls: [chain.rpcUrl], router });
      await refreshAll();
      return registries.gateways.state().lastError;
    };
    expect(await errorWith(DAVE)).toContain(`there is no Router at ${DAVE} on chain 31337`);
    const unset = await chain.deployRouter(zero, zero);
    expect(await errorWith(unset)).toContain(
      `gatewayRegistry() of the Router ${unset} on chain 31337 is the zero address`,
    );
    const wrong = await chain.deployRouter(CAROL, CAROL);
    expect(await errorWith(wrong)).toContain(`there is no GatewayRegistry at ${CAROL} on chain 31337`);
    const swapped = await chain.deployRouter(chain.router, chain.router);
    expect(await errorWith(swapped)).toContain("execution reverted");
  });
});

describe("outage of the chain", () => {
  test("longer than a poll: still known; longer than maxStale: stale; back: known again, with no restart", async () => {
    const chain = await startChain();
    await chain.addGateway(ALICE);
    const { registries, clock, refreshAll } = openWorld({ rpcUrls: [chain.rpcUrl], router: chain.router });
    await refreshAll();
    await chain.down();

    await clock.advance(HOUR);
    await refreshAll();
    expect(registries.gateways.get(ALICE)).toBeDefined();
    expect(registries.gateways.state()).toMatchObject({ stale: false });
    expect(registries.gateways.state().lastError).toContain("connection refused");

    await clock.advance(1);
    await refreshAll();
    expect(registries.gateways.state().stale).toBe(true);
    expect(registries.schedulers.state().stale).toBe(false);

    await chain.up();
    await chain.addGateway(BOB);
    await refreshAll();
    expect(registries.gateways.state()).toMatchObject({ stale: false, lastError: undefined });
    expect(registries.gateways.get(BOB)).toBeDefined();
    await chain.stop();
  });

  test("no chain at start is no crash: nobody is known, and the state says why", async () => {
    const { registries, refreshAll, scrape } = openWorld({ rpcUrls: ["http://127.0.0.1:1/key"], router: ALICE });
    await refreshAll();
    expect(registries.states().gateways).toEqual({
      size: 0,
      ageMs: undefined,
      block: undefined,
      stale: true,
      lastError: "RPC 127.0.0.1:1: connection refused",
    });
    expect(await scrape()).not.toContain('fxn_registry_age_seconds{registry="gateways"}');
  });

  test("a restart without a chain serves the snapshot; another Router's snapshot serves nobody", async () => {
    const chain = await startChain();
    await chain.addGateway(ALICE);
    await chain.addProvider(BOB);
    const options = { rpcUrls: [chain.rpcUrl], router: chain.router };
    const before = openWorld(options);
    await before.refreshAll();
    await chain.stop();
    await before.clock.advance(60_000);

    const { clock, snapshots } = before;
    const { registries } = openWorld({ ...options, clock, snapshots });
    expect(registries.gateways.get(ALICE)).toBeDefined();
    expect(registries.gateways.state()).toMatchObject({ size: 1, ageMs: 60_000, stale: false });
    expect(registries.providers.get(BOB)).toHaveLength(1);

    const elsewhere = [{ router: CAROL }, { chainId: 1 }];
    for (const other of elsewhere) {
      const { registries: others } = openWorld({ ...options, ...other, clock, snapshots });
      expect(others.gateways.get(ALICE)).toBeUndefined();
      expect(others.gateways.state().stale).toBe(true);
    }
  });
});

describe("this node among the providers", () => {
  test("not registered, active, paused, inactive, unknown: told by standing, metrics and one log line each", async () => {
    const chain = await startChain();
    const proxy = startRpcProxy(chain.rpcUrl);
    const world = openWorld({ rpcUrls: [proxy.url], router: chain.router, self: SELF });
    const { registries, refreshAll, scrape, log, clock } = world;
    expect(registries.providers.standing()).toBeUndefined();
    expect(await scrape()).not.toMatch(/^fxn_provider_/m);

    const standing = async () => {
      await refreshAll();
      await refreshAll();
      return registries.providers.standing();
    };
    expect(await standing()).toEqual({ registered: false, active: false, paused: false });
    await chain.addProvider(SELF);
    expect(await standing()).toEqual({ registered: true, active: true, paused: false });
    expect(await scrape()).toMatch(/^fxn_provider_active 1$/m);
    await chain.pauseProvider(SELF);
    expect(await standing()).toEqual({ registered: true, active: false, paused: true });
    await chain.unpauseProvider(SELF);
    await chain.setProviderActive(SELF, false);
    expect(await standing()).toEqual({ registered: true, active: false, paused: false });

    const lookup = toFunctionSelector("getProviderIdsByOwner(address)");
    proxy.misbehave(({ id, params }) =>
      JSON.stringify(params).includes(lookup)
        ? Response.json({ jsonrpc: "2.0", id, error: { code: 3, message: "execution reverted", data: "0x" } })
        : undefined,
    );
    expect(await standing()).toBeUndefined();
    expect(registries.providers.state().lastError).toBeUndefined();
    proxy.misbehave(undefined);
    expect(await standing()).toBeDefined();

    const lines = log.lines.map(({ message }) => message).filter((message) => message.startsWith("this node"));
    expect(lines).toEqual([
      "this node is not registered as a provider",
      "this node is an active provider",
      "this node is registered as a provider, but paused",
      "this node is registered as a provider, but not active",
      "this node is registered as a provider, but not active",
    ]);
    await clock.advance(HOUR + 1);
    expect(registries.providers.standing()).toBeUndefined();
    expect(await scrape()).not.toMatch(/^fxn_provider_/m);
    await proxy.stop();
    await chain.stop();
  });
});

describe("stopping", () => {
  test("run ends at once though an RPC hangs, and nothing is logged afterwards", async () => {
    const chain = await startChain();
    const proxy = startRpcProxy(chain.rpcUrl);
    const { registries, log } = openWorld({ rpcUrls: [chain.rpcUrl, proxy.url], router: chain.router });
    proxy.misbehave(hanging);
    await chain.freeze();
    const stop = new AbortController();
    const running = registries.run(stop.signal);
    await Bun.sleep(50);
    stop.abort();
    await running;
    await Bun.sleep(50);
    expect(log.lines).toEqual([]);
    await proxy.stop();
    await chain.stop();
  });

  test("nothing keeps the process alive", async () => {
    const chain = await startChain();
    const proxy = startRpcProxy(chain.rpcUrl);
    proxy.misbehave(hanging);
    const script = `
      import { openWorld } from "${import.meta.dir}/../test/sandbox/registries.ts";
      import { systemClock } from "${import.meta.dir}/../src/core/clock.ts";
      const { registries } = openWorld({ rpcUrls: ["${chain.rpcUrl}", "${proxy.url}"], router: "${chain.router}", clock: systemClock });
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 200);
      await registries.run(stop.signal);
      console.log(registries.gateways.state().block);
    `;
    const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", timeout: 3000 });
    const output = await new Response(child.stdout).text();
    expect([await child.exited, output]).toEqual([0, "3n\n"]);
    await proxy.stop();
    await chain.stop();
  });
});
