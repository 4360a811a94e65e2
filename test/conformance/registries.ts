// What every registry of the table promises, whatever it reads; its test calls this with a chain that lists somebody.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { OpenRegistry } from "../../registries/ports.ts";
import type { Address } from "../../src/core/address.ts";
import { openWorld, type World, type WorldOptions } from "../sandbox/registries.ts";

export interface RegistryCase {
  /** Key of the table, and the registry's own name. */
  readonly name: "gateways" | "schedulers" | "providers";
  /** Addresses that are listed on that chain, and at least one that is not. */
  setUp(): Promise<{
    options: WorldOptions;
    listed: readonly Address[];
    stranger: Address;
    chainGone(): Promise<void>;
  }>;
  tearDown(): Promise<void>;
}

export function registryConformance({ name, setUp, tearDown }: RegistryCase): void {
  describe(`registry conformance: ${name}`, () => {
    let subject: Awaited<ReturnType<RegistryCase["setUp"]>>;
    beforeAll(async () => {
      subject = await setUp();
    });
    afterAll(tearDown);

    const open = (): World & { registry: OpenRegistry<unknown> } => {
      const world = openWorld(subject.options);
      return { ...world, registry: world.registries[name] };
    };

    test("is in the list, the states and the metrics under its own name", async () => {
      const { registry, registries, scrape } = open();
      expect(registry.name).toBe(name);
      expect(registries.all).toContain(registry);
      expect(registries.states()[name]).toEqual(registry.state());
      expect(await scrape()).toContain(`fxn_registry_entries{registry="${name}"}`);
    });

    test("knows who is listed and nobody else", async () => {
      const { registry } = open();
      await registry.refresh();
      for (const address of subject.listed) expect(registry.get(address)).toBeDefined();
      expect(registry.get(subject.stranger)).toBeUndefined();
      expect(registry.state()).toMatchObject({ stale: false, lastError: undefined });
      expect(registry.state().size).toBeGreaterThanOrEqual(subject.listed.length);
    });

    test("runs until it is told to stop", async () => {
      const { registry } = open();
      const stop = new AbortController();
      const running = registry.run(stop.signal);
      await registry.refresh();
      stop.abort();
      await running;
    });

    test("without the chain it still serves, and refresh does not reject", async () => {
      const { registry } = open();
      await registry.refresh();
      await subject.chainGone();
      await registry.refresh();
      for (const address of subject.listed) expect(registry.get(address)).toBeDefined();
      expect(registry.state().stale).toBe(false);
    });
  });
}
