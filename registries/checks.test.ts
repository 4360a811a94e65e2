// What the registries' checks say of chains that the doctor may meet: of several entries, several RPCs, and none.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { systemClock } from "../src/core/clock.ts";
import { createFetch } from "../src/lib/fetch.ts";
import { BOOK } from "../src/networks/config.ts";
import { FakeLog } from "../test/fakes/log.ts";
import { type Chain, startChain } from "../test/sandbox/chain.ts";
import { someone } from "../test/sandbox/registries.ts";
import { CALLER_CHECKS, PROVIDER_CHECKS, RPC_CHECKS } from "./checks.ts";
import { lookAtRegistries, type OwnEntry, type RegistryLook } from "./look.ts";

const ALL = [...RPC_CHECKS, ...CALLER_CHECKS, ...PROVIDER_CHECKS];
const { signal } = new AbortController();
const NONE: RegistryLook = { rpcs: async () => [], gateways: async () => 0, own: async () => [] };

const ask = (id: string, look: Partial<RegistryLook>) =>
  (ALL.find((one) => one.id === id) ?? expect.unreachable()).run({ ...NONE, ...look }, signal);
const entry = (change: Partial<OwnEntry> = {}): OwnEntry => ({
  id: "0x01",
  paused: false,
  active: true,
  url: undefined,
  ...change,
});

describe("what a look at the registries means", () => {
  test("RPCs: one that works is enough, and yellow when another does not", async () => {
    const [works, fails] = [
      { host: "a.example", error: undefined },
      { host: "b.example", error: "RPC b.example: no" },
    ];
    expect(await ask("rpc.answers", { rpcs: async () => [works] })).toEqual({
      state: "ok",
      message: "a.example answers",
    });
    expect(await ask("rpc.answers", { rpcs: async () => [works, fails] })).toMatchObject({
      state: "warn",
      message: "a.example answers, but RPC b.example: no",
    });
    expect(await ask("rpc.answers", { rpcs: async () => [fails] })).toMatchObject({
      state: "fail",
      message: "RPC b.example: no",
    });
  });

  test("of several registrations one that works is enough", async () => {
    const paused = entry({ paused: true, active: false });
    const waiting = entry({ active: false });
    const states = async (id: string, ...entries: OwnEntry[]) => (await ask(id, { own: async () => entries })).state;
    expect(await states("provider.paused", paused)).toBe("fail");
    expect(await states("provider.paused", paused, entry())).toBe("warn");
    expect(await states("provider.stake", waiting)).toBe("fail");
    expect(await states("provider.stake", waiting, entry())).toBe("warn");
    // One that is paused is not active either, and says nothing of the stake.
    expect(await states("provider.stake", paused, entry())).toBe("ok");
  });
});

describe("a look at a real chain", () => {
  let chain: Chain;
  const [self, stranger] = [someone(7), someone(8)];
  beforeAll(async () => {
    chain = await startChain();
    await chain.addGateway(someone(1));
    await chain.addProvider(self);
  });
  afterAll(() => chain.stop());

  const look = (urls: readonly string[] = [chain.rpcUrl], of = self) =>
    lookAtRegistries({
      config: BOOK.schema.parse({ rpcProvider: urls, registry: { routerSmartContractAddress: chain.router } }),
      self: () => of,
      fetch: createFetch(systemClock),
      clock: systemClock,
      log: new FakeLog(),
    });

  test("each RPC by itself, the gateways, and this node's entry; a stranger has none", async () => {
    const all = await look([chain.rpcUrl, "http://127.0.0.1:1/secret-key"]).rpcs();
    expect(all.map(({ error }) => error)).toEqual([undefined, expect.stringContaining("127.0.0.1:1")]);
    expect(JSON.stringify(all)).not.toContain("secret-key");
    expect(await look().gateways()).toBe(1);
    expect(await look().own()).toEqual([{ id: self, paused: false, active: true, url: undefined }]);
    expect(await look(undefined, stranger).own()).toEqual([]);
  });

  test("metadata that others wrote: only a URL of HTTP counts", async () => {
    for (const [text, url] of [
      [`{"url":"https://node.example/","name":"n"}`, "https://node.example"],
      [`{"url":"file:///etc/passwd"}`, undefined],
      [`{"url":7}`, undefined],
      ["node.example", undefined],
      ["", undefined],
    ] as const) {
      await chain.setProviderMetadata(self, text);
      expect((await look().own()).map((one) => one.url)).toEqual([url]);
    }
  });
});
