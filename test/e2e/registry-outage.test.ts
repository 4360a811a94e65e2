// The chain goes away and comes back under a running node; and callers are added and removed on chain.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { parseAddress } from "../../src/core/address.ts";
import { account, CHAT, chatBody, openWorld, outcome, type World } from "./world.ts";

const POLL_MS = 250;
const MAX_STALE_MS = 2500;

let world: World;
beforeAll(async () => {
  const pollInterval = `${POLL_MS}ms`;
  world = await openWorld({
    config: { registry: { maxStale: `${MAX_STALE_MS}ms`, gateway: { pollInterval }, provider: { pollInterval } } },
  });
});
afterAll(() => world.close());

const ask = async (as: "gateway" | "stranger" | "scheduler" = "gateway") =>
  outcome(await world.send(CHAT, chatBody(), { as }));
const address = (name: "gateway" | "stranger" | "node") => parseAddress(account(name).address)!;

async function becomes(expected: string, as: "gateway" | "stranger" = "gateway", limitMs = 8000): Promise<void> {
  const end = performance.now() + limitMs;
  let got = "";
  while (performance.now() < end) {
    got = await ask(as);
    if (got === expected) return;
    await Bun.sleep(50);
  }
  throw new Error(`${as} is answered ${got}, not ${expected}, after ${limitMs} ms`);
}

describe("registries", () => {
  test("a gateway that is registered on chain is let in with the next poll, one that is paused no longer", async () => {
    expect(await ask("stranger")).toBe("401 caller_not_authorized");
    await world.chain.addGateway(address("stranger"), "raw");
    await becomes("200", "stranger");
    await world.chain.pauseGateway(address("stranger"));
    await becomes("401 caller_not_authorized", "stranger");
  });

  test("the chain gone for longer than a poll: requests still pass, and the metrics tell the age", async () => {
    await world.chain.down();
    await Bun.sleep(4 * POLL_MS);
    expect(await ask()).toBe("200");
    const metrics = await (await fetch(`${world.node.admin}/metrics`)).text();
    expect(metrics).toMatch(/fxn_registry_age_seconds\{registry="gateways"\} [0-9.]+/);
    expect(metrics).toMatch(/fxn_registry_polls_total\{registry="gateways",outcome="error"\} [1-9]/);
  });

  test("gone for longer than maxStale: refused with a reason; the scheduler, who is not on chain, still passes", async () => {
    await becomes("503 registry_stale");
    const refused = await world.send(CHAT, chatBody());
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await ask("scheduler")).toBe("200");
    const ready = await fetch(`${world.node.admin}/ready`);
    expect(ready.status).toBe(503);
    const { reasons }: { reasons: string[] } = JSON.parse(await ready.text());
    expect(reasons.join()).toContain("registry gateways was last read");
    const open = await fetch(`${world.node.url}/ready`);
    expect([open.status, await open.text()]).toEqual([503, `{"status":"not ready"}`]);
  });

  test("back again: requests pass with no restart", async () => {
    await world.chain.up();
    await becomes("200");
    await world.node.ready();
  });

  test("a restart without a chain serves at once from the snapshot", async () => {
    await world.chain.down();
    await world.node.kill();
    await world.restart();
    expect(await ask()).toBe("200");
    await world.chain.up();
  });

  test("the operator is told where its own address stands", async () => {
    await world.node.logged("this node is not registered as a provider");
    await world.chain.addProvider(address("node"));
    await world.node.logged("this node is an active provider");
    const status = await (await fetch(`${world.node.admin}/status`)).json();
    expect(status).toMatchObject({ provider: { registered: true, active: true, paused: false } });
    await world.chain.pauseProvider(address("node"));
    await world.node.logged("this node is registered as a provider, but paused");
  });
});
