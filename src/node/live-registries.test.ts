// Other registries while the node runs: read before they take the place of those in use, which a refusal leaves as they were.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Registry as Metrics } from "prom-client";
import { FakeLog } from "../../test/fakes/log.ts";
import { FakeSnapshots } from "../../test/fakes/snapshots.ts";
import { type Chain, startChain } from "../../test/sandbox/chain.ts";
import { someone } from "../../test/sandbox/registries.ts";
import { startRpcProxy } from "../../test/sandbox/rpc-proxy.ts";
import { systemClock } from "../core/clock.ts";
import { createFetch } from "../lib/fetch.ts";
import { BOOK } from "../networks/config.ts";
import { registryMetrics } from "../observe/metrics/registry.ts";
import { LiveRegistries } from "./live-registries.ts";

const [ALICE, BOB, SCHEDULER, OTHER] = [someone(1), someone(2), someone(3), someone(4)];
let chain: Chain;
/** Has the same contracts at the same addresses, as chains for tests have. */
let twin: Chain;
beforeAll(async () => {
  [chain, twin] = await Promise.all([startChain(), startChain({ chainId: 31_338 })]);
  await chain.addGateway(ALICE);
  await twin.addGateway(BOB);
});
afterAll(() => Promise.all([chain.stop(), twin.stop()]));

async function setUp() {
  const [log, snapshots, register] = [new FakeLog(), new FakeSnapshots(), new Metrics()];
  const configOf = ({ rpcProvider = [chain.rpcUrl], schedulerAddress = SCHEDULER, ...registry } = {}) =>
    BOOK.schema.parse({
      ...{ rpcProvider, schedulerAddress },
      registry: { routerSmartContractAddress: chain.router, ...registry },
    });
  const live = new LiveRegistries(configOf(), {
    ...{ fetch: createFetch(systemClock), clock: { ...systemClock, after: quick }, log, snapshots, self: ALICE },
    metrics: registryMetrics(register),
  });
  const told: number[] = [];
  live.onGateways(() => told.push([...live.gateways.addresses()].length));
  const stopping = new AbortController();
  const running = live.run(stopping.signal);
  while (live.gateways.state().ageMs === undefined || live.standing() === undefined) await Bun.sleep(5);
  return {
    ...{ live, log, snapshots, told },
    prepare: (change: Parameters<typeof configOf>[0] & Record<string, unknown>) =>
      live.prepare({ config: configOf(change) }),
    scrape: () => register.metrics(),
    async end() {
      stopping.abort();
      await running;
    },
  };
}

/** What waits two seconds for an RPC that is a block behind waits less here; polls do not come. */
function quick(ms: number, fn: () => void): () => void {
  return systemClock.after(ms === 2000 ? 5 : ms, fn);
}

describe("elsewhere", () => {
  test("another RPC is read before the swap, those in use serve until then, and snapshots are kept", async () => {
    const { live, prepare, snapshots, told, end } = await setUp();
    const [key = ""] = snapshots.kept.keys();
    const saved = snapshots.kept.get(key);
    const proxy = startRpcProxy(chain.rpcUrl);
    const prepared = await prepare({ rpcProvider: [proxy.url] });
    expect(proxy.calls.some(({ method }) => method === "eth_call")).toBe(true);
    // Read, and nothing of it kept or told.
    expect(snapshots.kept.get(key)).toBe(saved);
    const before = told.length;
    const asked = proxy.calls.length;
    await prepared.commit();
    expect(told.length).toBe(before + 1);
    expect(live.gateways.get(ALICE)).toBeDefined();
    expect(live.standing()).toBeDefined();
    while (proxy.calls.length === asked) await Bun.sleep(5);
    await end();
    await proxy.stop();
  });

  test("an RPC on another chain is refused, also where no chain is named: that of the running node is meant", async () => {
    const { live, prepare, log, snapshots, scrape, end } = await setUp();
    const [lines, kept] = [log.lines.length, snapshots.kept.size];
    const polls = /fxn_registry_polls_total.*error/;
    const refusal = await prepare({ rpcProvider: [twin.rpcUrl] }).catch((error: unknown) => String(error));
    expect(refusal).toMatch(/the registries cannot be read: .*is on chain 31338, expected 31337/);
    expect([log.lines.length, snapshots.kept.size]).toEqual([lines, kept]);
    expect(await scrape()).not.toMatch(polls);
    expect(live.gateways.get(ALICE)).toBeDefined();
    expect(live.gateways.get(BOB)).toBeUndefined();
    // Who means another chain names it.
    await (await prepare({ rpcProvider: [twin.rpcUrl], ...{ chainId: 31_338 } })).commit();
    expect([live.gateways.get(ALICE), live.gateways.get(BOB)]).toEqual([undefined, expect.anything()]);
    await end();
  });

  test("nobody answers, or there is no Router: refused with that, and what is in use goes on", async () => {
    const { live, prepare, end } = await setUp();
    for (const [change, why] of [
      [{ rpcProvider: ["http://127.0.0.1:1"] }, /127\.0\.0\.1:1/],
      [{ routerSmartContractAddress: OTHER }, /there is no Router at/],
    ] satisfies [Parameters<typeof prepare>[0], RegExp][]) {
      expect(await prepare(change).catch((error: unknown) => String(error))).toMatch(why);
    }
    expect(live.gateways.state()).toMatchObject({ size: 1, lastError: undefined });
    await end();
  });
});

test("how long and by whom: taken over without a question, while the RPC is down too", async () => {
  const { live, prepare, scrape, end } = await setUp();
  const { block } = live.gateways.state();
  await chain.down();
  await (
    await prepare({
      ...{ schedulerAddress: OTHER, maxStale: "2h" },
      ...{ gateway: { pollInterval: "7s" }, provider: { pollInterval: "9s" } },
    })
  ).commit();
  expect([live.schedulers.get(OTHER), live.schedulers.get(SCHEDULER)]).toEqual([expect.anything(), undefined]);
  expect(live.gateways.state()).toMatchObject({ size: 1, block, stale: false });
  expect(live.standing()).toBeDefined();
  expect(await scrape()).toMatch(/poll_interval_seconds\{registry="gateways"\} 7\n.*providers"\} 9/);
  await chain.up();
  await end();
});
