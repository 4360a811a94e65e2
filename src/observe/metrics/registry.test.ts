import { describe, expect, test } from "bun:test";
import { Registry as MetricsRegister } from "prom-client";
import type { ProviderStanding, RegistryState } from "../../core/registry.ts";
import { registryMetrics } from "./registry.ts";

const UNREAD: RegistryState = { size: 0, ageMs: undefined, block: undefined, stale: true, lastError: undefined };

describe("registry metrics", () => {
  test("age and block are absent until a registry was read, then computed at each scrape", async () => {
    const register = new MetricsRegister();
    const metrics = registryMetrics(register);
    let state = UNREAD;
    metrics.watch("gateways", () => state);

    const before = await register.metrics();
    expect(before).not.toContain("fxn_registry_age_seconds{");
    expect(before).not.toContain("fxn_registry_block{");
    expect(before).toContain('fxn_registry_stale{registry="gateways"} 1');

    state = { size: 3, ageMs: 1500, block: 42n, stale: false, lastError: undefined };
    const after = await register.metrics();
    expect(after).toContain('fxn_registry_age_seconds{registry="gateways"} 1.5');
    expect(after).toContain('fxn_registry_entries{registry="gateways"} 3');
    expect(after).toContain('fxn_registry_block{registry="gateways"} 42');
    expect(after).toContain('fxn_registry_stale{registry="gateways"} 0');

    state = { ...state, ageMs: 2500 };
    expect(await register.metrics()).toContain('fxn_registry_age_seconds{registry="gateways"} 2.5');
  });

  test("the provider gauges are absent whenever the standing is not known", async () => {
    const register = new MetricsRegister();
    const metrics = registryMetrics(register);
    expect(await register.metrics()).not.toMatch(/^fxn_provider_/m);

    let standing: ProviderStanding | undefined;
    metrics.watchStanding(() => standing);
    expect(await register.metrics()).not.toMatch(/^fxn_provider_/m);

    standing = { registered: true, active: false, paused: true };
    const known = await register.metrics();
    expect(known).toMatch(/^fxn_provider_registered 1$/m);
    expect(known).toMatch(/^fxn_provider_active 0$/m);
    expect(known).toMatch(/^fxn_provider_paused 1$/m);

    standing = undefined;
    expect(await register.metrics()).not.toMatch(/^fxn_provider_/m);
  });

  test("polls, ignored entries and RPC requests are counted by what they are", async () => {
    const register = new MetricsRegister();
    const metrics = registryMetrics(register);
    metrics.polled("gateways", "ok");
    metrics.polled("gateways", "error");
    metrics.ignored("gateways", 2);
    metrics.ignored("gateways", 1);
    metrics.rpc(1, "wrong_chain");

    const text = await register.metrics();
    expect(text).toContain('fxn_registry_polls_total{registry="gateways",outcome="ok"} 1');
    expect(text).toContain('fxn_registry_polls_total{registry="gateways",outcome="error"} 1');
    expect(text).toContain('fxn_registry_ignored_entries{registry="gateways"} 1');
    expect(text).toContain('fxn_rpc_requests_total{endpoint="1",outcome="wrong_chain"} 1');
  });
});
